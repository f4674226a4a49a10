"""A report that came as DICOM opens only as reports do: by no search, count, modality, attribute or picture either."""

import pytest

from placa.domain.people.models import Agreement
from placa.domain.reports.models import DiagnosticReport
from placa.interfaces.dicomweb.tests.world import CT, STUDIES, STUDY, asker, one, packaged, place, said


@pytest.fixture
def report() -> str:
    """An SR in Ana's CT, not signed yet; its address."""
    found = packaged("reportsi.dcm", Modality="SR", SeriesDescription="Confidential")
    DiagnosticReport.objects.filter(source_instance_uid=found.sop_instance_uid).update(status="preliminary")
    return place(found)


def rows(username: str, address: str, **query: str) -> list[dict[str, object]]:
    answer = asker(username).get(address, query)
    assert answer.status_code in (200, 204), answer.content
    return said(answer) if answer.status_code == 200 else []


def test_the_doctor_who_may_read_it_finds_it(report: str) -> None:
    (study,) = rows("diaz", STUDIES, StudyInstanceUID=CT)
    assert (study["00080061"], one(study, "00201206"), one(study, "00201208")) == (
        {"vr": "CS", "Value": ["CT", "SR"]}, 2, 4,
    )  # fmt: skip
    assert len(rows("diaz", STUDIES, ModalitiesInStudy="SR", StudyInstanceUID=CT)) == 1
    assert {one(row, "0020000E") for row in rows("diaz", "/dicomweb/series", StudyInstanceUID=CT)} == {
        f"{CT}.1",
        f"{CT}.7",
    }
    assert asker("diaz").get(report).status_code == 200


def test_the_patient_finds_nothing_of_it_before_it_is_signed(report: str) -> None:
    (study,) = rows("ana", STUDIES, StudyInstanceUID=CT, includefield="all")
    assert (study["00080061"], one(study, "00201206"), one(study, "00201208")) == (
        {"vr": "CS", "Value": ["CT"]}, 1, 3,
    )  # fmt: skip
    assert rows("ana", STUDIES, ModalitiesInStudy="SR") == []
    for address in ("/dicomweb/series", f"{STUDY}/series", "/dicomweb/instances", f"{STUDY}/instances"):
        found = rows("ana", address, StudyInstanceUID=CT, includefield="all")
        assert {one(row, "0020000E") for row in found} == {f"{CT}.1"}, address
        assert rows("ana", address, Modality="SR") == []
        assert rows("ana", address, SeriesDescription="Conf*") == []
        assert rows("ana", address, ModalitiesInStudy="SR") == []
        assert "Confidential" not in str(found)
    for part in (
        "",
        "/metadata",
        "/rendered",
        "/thumbnail",
        "/frames/1",
        "/frames/1/rendered",
        "/bulkdata/0040A730",
    ):
        assert asker("ana").get(report + part).status_code == 404, part
    assert asker("ana").get(f"{STUDY}/series/{CT}.7/rendered").status_code == 404


def test_a_company_without_reports_in_its_agreement_finds_nothing_of_it(report: str) -> None:
    Agreement.objects.update(report=False)
    DiagnosticReport.objects.update(status="final")
    (study,) = rows("gomez", STUDIES, StudyInstanceUID=CT)
    assert one(study, "00201208") == 3
    assert rows("gomez", "/dicomweb/instances", SOPInstanceUID=f"{CT}.7.1") == []
