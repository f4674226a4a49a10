"""From a configured archive to the client that speaks with it."""

import ssl
from pathlib import Path

from django.conf import settings

from placa.common.tokens import unseal
from placa.domain.archive.models import Instance, Study
from placa.domain.institution.models import ExternalArchive
from placa.standards.dicom import uids
from placa.standards.dicom.peers.base import REFUSED, ArchivePeer, PermanentPeerError
from placa.standards.dicom.peers.dicomweb import DicomwebArchive, WebAddress
from placa.standards.dicom.peers.dimse import DimseAddress, DimseArchive, Reports
from placa.standards.dicom.peers.folder import FolderArchive

Kind, Auth = ExternalArchive.Kind, ExternalArchive.Auth


def peer_of(archive: ExternalArchive, study: Study | None = None) -> ArchivePeer:
    """The client of an archive; with `study`, ready to fetch it. Raises PermanentPeerError where it cannot be."""
    if archive.kind == Kind.FOLDER:
        return FolderArchive(Path(archive.url))
    if archive.kind == Kind.DICOMWEB:
        return DicomwebArchive(_web_address(archive), spool())
    ours = archive.own_ae_title or settings.ENVIRONMENT.dicom_aet
    address = DimseAddress(
        archive.host, archive.port or 104, archive.ae_title, ours,
        context=_tls(archive) if archive.tls else None, answer_seconds=archive.answer_seconds,
    )  # fmt: skip
    moves = archive.retrieval == ExternalArchive.Retrieval.MOVE
    reports = None
    if archive.report_port:
        reports = Reports(ours, settings.ENVIRONMENT.bind, archive.report_port, archive.answer_seconds)
    return DimseArchive(
        address,
        move_to=settings.ENVIRONMENT.dicom_aet if moves else "",
        kinds=[] if study is None else _kinds(study),
        reports=reports,
        folder=spool(),
    )


def spool() -> Path:
    """Where objects lie while they come."""
    folder = Path(settings.ENVIRONMENT.home) / "run" / "recall"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _kinds(study: Study) -> list[tuple[str, str]]:
    """As the objects lay here; and uncompressed, should the archive have kept them otherwise."""
    rows = Instance.objects.filter(study=study).values_list("sop_class_uid", "transfer_syntax_uid").distinct()
    kinds = {(str(of), str(syntax)) for of, syntax in rows}
    plain = (uids.EXPLICIT_VR_LITTLE_ENDIAN, uids.IMPLICIT_VR_LITTLE_ENDIAN)
    return sorted(kinds | {(of, syntax) for of, _syntax in kinds for syntax in plain})


def _web_address(archive: ExternalArchive) -> WebAddress:
    secret = _secret(archive) if archive.auth != Auth.NONE else ""
    return WebAddress(
        archive.url,
        user=archive.user if archive.auth == Auth.BASIC else "",
        password=secret if archive.auth == Auth.BASIC else "",
        token=secret if archive.auth == Auth.BEARER else "",
        context=_tls(archive),
        answer_seconds=archive.answer_seconds,
    )


def _secret(archive: ExternalArchive) -> str:
    try:
        return unseal(archive.secret_sealed)
    except ValueError as error:
        raise PermanentPeerError(REFUSED, "its password was sealed with another key") from error


def _tls(archive: ExternalArchive) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if archive.ca_pem:
        context.load_verify_locations(cadata=archive.ca_pem)
    return context
