"""Reading one's own measurements and key images."""

from typing import Any

from placa.common import clock
from placa.domain.access.images import PROFESSIONALS, OpenStudy
from placa.domain.access.selectors import NotVisible, get_study
from placa.domain.access.types import Study
from placa.domain.access.viewers import Viewer
from placa.domain.accounts.models import User
from placa.domain.measurements.content import KEY
from placa.domain.measurements.models import MeasurementSet
from placa.standards.dicom.documents import Source
from placa.standards.dicom.key_objects import key_object_selection
from placa.standards.dicom.measurement_report import measurement_report


def study_for(viewer: Viewer, study_uid: str) -> Study:
    """The study, for a signed-in professional who may see its images. Raises NotVisible."""
    study = get_study(viewer, study_uid, need="images")
    if viewer.role not in PROFESSIONALS or viewer.user_id is None:
        raise NotVisible("measurements")
    return study


def of(viewer: Viewer, study_uid: str) -> list[dict[str, Any]]:
    """What `viewer` kept on the study, nothing before the first time. Raises NotVisible."""
    study = study_for(viewer, study_uid)
    found = MeasurementSet.objects.filter(study=study, author_id=viewer.user_id).first()
    return list(found.content) if found else []


def as_report(viewer: Viewer, study_uid: str) -> bytes:
    """The measurements as a DICOM SR (TID 1500), a Part 10 file. Raises NotVisible, also where there are none."""
    return measurement_report(*_kept(viewer, study_uid, keys=False))


def as_key_objects(viewer: Viewer, study_uid: str) -> bytes:
    """The key images as a DICOM KO (TID 2010), a Part 10 file. Raises NotVisible, also where there are none."""
    return key_object_selection(*_kept(viewer, study_uid, keys=True))


def _kept(viewer: Viewer, study_uid: str, *, keys: bool) -> tuple[Source, list[dict[str, Any]]]:
    """Of whom and by whom, and the kept key images, or measurements, on images that are still served to `viewer`."""
    study = study_for(viewer, study_uid)
    served = {one.sop_instance_uid: one for one in OpenStudy(study, viewer).instances()}
    items = [
        one for one in of(viewer, study_uid) if one["instance"] in served and (one["tool"] == KEY) == keys
    ]
    if not items:
        raise NotVisible("measurements")
    author = User.objects.get(pk=viewer.user_id or 0)
    source = Source(
        study_instance_uid=study.study_instance_uid, patient_id=study.dicom_patient_id, patient_name=study.patient_name,
        patient_birth_date=study.patient_birth_date, patient_sex=study.patient_sex,
        study_id=study.study_id, study_at=study.exam_at, author=author.full_name or author.username,
        made_at=clock.now(), classes={uid: one.sop_class_uid for uid, one in served.items()},
        frames={uid: one.number_of_frames for uid, one in served.items()},
        **_ordered(study),
    )  # fmt: skip
    return source, items


def _ordered(study: Study) -> dict[str, str]:
    """The numbers of the study's order: as the modality sent them, else as the order says them."""
    order = study.order
    if order is None:
        return {
            "accession_number": study.accession_number,
            "issuer_of_accession_number": study.issuer_of_accession_number,
        }
    return {
        "accession_number": study.accession_number or order.accession_number,
        "issuer_of_accession_number": study.issuer_of_accession_number or order.accession_issuer,
        "order_number": order.order_number,
        "requested_procedure": order.description,
    }
