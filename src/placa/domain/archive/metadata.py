"""The metadata of a study: one gzip stream of DICOM JSON, put together from its instances' pieces (PS3.18 F.2)."""

import zlib

from django.db import transaction
from django.db.models import F
from isal import igzip, isal_zlib

from placa.domain.archive.models import InstanceMetadata, Study, StudyMetadata
from placa.standards.dicom.header import InstanceHeader, Scan, scan
from placa.standards.dicom.metadata import metadata_text
from placa.standards.dicom.source import ByteSource

PIECE_LEVEL = 2
GZIP_LEVEL = 3  # of isal: near zlib's 6 in size, many times faster


def bulk_data_root(header: InstanceHeader) -> str:
    """Where the bulk data of an instance is served (PS3.18 10.4.1; the path is fixed in the interfaces)."""
    return (
        f"/dicomweb/studies/{header.study_instance_uid}/series/{header.series_instance_uid}"
        f"/instances/{header.sop_instance_uid}/bulkdata"
    )


def describe(source: ByteSource, header: InstanceHeader) -> bytes:
    """The DICOM JSON object of one instance, deflated. Raises InvalidObject where its structure is broken."""
    return describe_scan(scan(source), header)


def describe_scan(scanned: Scan, header: InstanceHeader) -> bytes:
    """The same of an object that was walked just now."""
    return isal_zlib.compress(metadata_text(scanned, bulk_data_root(header)).encode(), PIECE_LEVEL)


def pieces(study: Study, *, series_instance_uid: str = "") -> list[bytes]:
    """The JSON objects of a study's (or one series') served instances, in reading order."""
    rows = InstanceMetadata.objects.filter(instance__study=study, instance__held=False)
    if series_instance_uid:
        rows = rows.filter(instance__series__series_instance_uid=series_instance_uid)
    order = (
        "instance__series__series_number",
        "instance__series_id",
        "instance__instance_number",
        "instance_id",
    )
    return [zlib.decompress(row) for row in rows.order_by(*order).values_list("deflated", flat=True)]


def pieces_of_instances(ids: list[int]) -> list[bytes]:
    """The JSON objects of these instances, in the order of their ids."""
    rows = InstanceMetadata.objects.filter(instance_id__in=ids).order_by("instance_id")
    return [zlib.decompress(row) for row in rows.values_list("deflated", flat=True)]


def joined(objects: list[bytes]) -> bytes:
    """One gzip stream of the JSON array of `objects`."""
    return igzip.compress(b"[" + b",".join(objects) + b"]", compresslevel=GZIP_LEVEL)


def build(study: Study) -> bytes:
    """Put a study's metadata together and keep it under the version that was read first."""
    version = Study.objects.values_list("metadata_version", flat=True).get(pk=study.pk)
    gzipped = joined(pieces(study))
    with transaction.atomic():
        StudyMetadata.objects.filter(study=study, version__gt=version).exists() or (
            StudyMetadata.objects.update_or_create(
                study=study, defaults={"version": version, "gzipped": gzipped}
            )
        )
    return gzipped


def blob(study: Study) -> bytes:
    """The gzipped metadata of a study, made anew where an instance arrived since."""
    kept = StudyMetadata.objects.filter(study=study, version=F("study__metadata_version"))
    gzipped = kept.values_list("gzipped", flat=True).first()
    return bytes(gzipped) if gzipped is not None else build(study)
