"""A report that came as a DICOM object opens as a report does, through whichever door it is asked."""

import json
import zlib

import pytest

from placa.common import clock
from placa.demo import cast
from placa.domain.access.images import OpenStudy, closed_documents
from placa.domain.access.selectors import NotVisible, get_study, openable_reports_of
from placa.domain.access.viewers import Viewer, viewer_for
from placa.domain.accounts.models import User
from placa.domain.archive.models import Instance, InstanceMetadata, Series, Study
from placa.domain.reports.models import DiagnosticReport, ReportVersion

pytestmark = pytest.mark.django_db
PICTURE, DOCUMENT = "2.25.101", "2.25.102"


@pytest.fixture
def study() -> Study:
    """Ana's X-ray with one picture and its report as an encapsulated PDF, still preliminary."""
    found = Study.objects.get(study_instance_uid=cast.STUDIES["ana_cr"].uid)
    for number, (uid, kind) in enumerate(((PICTURE, "image"), (DOCUMENT, "pdf"))):
        series = Series.objects.create(
            study=found, series_instance_uid=f"2.25.20{number}", modality="CR", number_of_instances=1
        )
        instance = Instance.objects.create(
            study=found, series=series, sop_instance_uid=uid, sop_class_uid="1", transfer_syntax_uid="1", kind=kind,
            storage_key=uid, bytes=1, crc32=1, digest=uid, received_at=clock.now(),
        )  # fmt: skip
        said = json.dumps({"00080018": {"vr": "UI", "Value": [uid]}}).encode()
        InstanceMetadata.objects.create(instance=instance, deflated=zlib.compress(said))
    report = DiagnosticReport.objects.create(study=found, status="preliminary", source_instance_uid=DOCUMENT)
    ReportVersion.objects.create(
        report=report, number=1, status="preliminary", source="dicom_pdf", digest="d", received_at=clock.now()
    )
    return found


def seen_by(username: str, role: str, study: Study) -> tuple[list[str], Viewer, OpenStudy]:
    viewer = viewer_for(User.objects.get(username=username), role)
    opened = OpenStudy(get_study(viewer, study.study_instance_uid, need="images"), viewer)
    return [one.sop_instance_uid for one in opened.instances()], viewer, opened


def test_the_patient_gets_the_picture_and_not_the_unsigned_report(study: Study) -> None:
    uids, _viewer, opened = seen_by("ana", "patient", study)
    assert uids == [PICTURE]
    assert [one.series_instance_uid for one in opened.series()] == ["2.25.200"]
    assert DOCUMENT not in zlib.decompress(opened.metadata(), 31).decode()
    with pytest.raises(NotVisible):
        opened.instance("2.25.201", DOCUMENT)


def test_the_doctor_gets_both(study: Study) -> None:
    uids, _viewer, opened = seen_by("diaz", "doctor", study)
    assert uids == [PICTURE, DOCUMENT]
    assert opened.instance("2.25.201", DOCUMENT).kind == "pdf"


def test_once_signed_the_patient_gets_both_and_once_corrected_the_old_object_is_gone(study: Study) -> None:
    report = DiagnosticReport.objects.get(source_instance_uid=DOCUMENT)
    DiagnosticReport.objects.filter(pk=report.pk).update(status="final", final_at=clock.now())
    uids, viewer, _opened = seen_by("ana", "patient", study)
    assert uids == [PICTURE, DOCUMENT]
    ReportVersion.objects.create(
        report=report, number=2, status="amended", source="hl7", digest="e", received_at=clock.now()
    )
    assert closed_documents(viewer, study) == {DOCUMENT}


def test_a_study_that_was_given_to_one_viewer_opens_no_report_to_another(study: Study) -> None:
    doctor, stranger = (
        viewer_for(User.objects.get(username=n), r) for n, r in (("diaz", "doctor"), ("carla", "patient"))
    )
    given = get_study(doctor, study.study_instance_uid)
    assert [report.source_instance_uid for report in openable_reports_of(doctor, given)] == [DOCUMENT]
    assert openable_reports_of(stranger, given) == []
    later = get_study(doctor, study.study_instance_uid, at=clock.now())
    assert [report.pk for report in openable_reports_of(doctor, later)]  # asked again, as it is now
