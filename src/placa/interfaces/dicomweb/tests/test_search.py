"""QIDO-RS: whose studies are found, by what, and how many (PS3.18 10.6)."""

from typing import Any

import pytest
from pydicom.dataset import Dataset

from placa.common import words
from placa.domain.access import dicom_search
from placa.domain.archive.models import Study
from placa.domain.downloads.tests import world as files
from placa.domain.institution.models import Setting
from placa.interfaces.dicomweb.tests.world import CT, PLAN, STUDIES, STUDY, asker, one, said


def found(username: str = "diaz", **query: str) -> set[str]:
    answer = asker(username).get(STUDIES, query)
    assert answer.status_code in (200, 204), answer.content
    return {one(row, "0020000D") for row in said(answer)} if answer.status_code == 200 else set()


def test_a_study_is_described_as_the_standard_wants() -> None:
    (row,) = said(asker().get(STUDIES, {"StudyInstanceUID": CT}))
    assert one(row, "00100010") == {"Alphabetic": "Morales Peralta^Ana"}
    assert one(row, "00080050") == PLAN.accession
    assert row["00080061"] == {"vr": "CS", "Value": ["CT"]}
    assert (one(row, "00201206"), one(row, "00201208")) == (1, 3)
    assert one(row, "00080056") == "ONLINE"


@pytest.mark.parametrize(
    "query",
    [
        {"PatientName": "Morales*"}, {"PatientName": "moráles^ANA"}, {"00100010": "Mor*Ana"},
        {"PatientName": "MORALES^AN*"}, {"PatientName": "Mor*^Ana"}, {"PatientName": "Ana^Mora"},
        {"PatientName": "*ales*^A?a"}, {"PatientName": "*ana"}, {"PatientName": "*RÁLES*"}, {"PatientName": "*les*ana"},
        {"PatientName": "?orales"}, {"PatientName": "Morales^*na"}, {"PatientName": "*s*"},
        {"PatientID": "402-118*"}, {"AccessionNumber": f"{PLAN.accession[:-1]}?"}, {"StudyDescription": "abdomen^tc"},
        {"ReferringPhysicianName": "*"},
        {"PatientID": "402-1180-7"}, {"AccessionNumber": PLAN.accession}, {"0020000d": CT},
        {"ModalitiesInStudy": "CT"}, {"StudyDescription": "abdomen"}, {"StudyDate": "20200101-"},
    ],
)  # fmt: skip
def test_it_is_found_by_what_belongs_to_it(query: dict[str, str]) -> None:
    assert CT in found(**query)


@pytest.mark.parametrize(
    "query",
    [
        {"PatientName": "Nadie"}, {"PatientName": "orales"}, {"PatientName": "Morales^na*"}, {"PatientName": "Ana*"},
        {"PatientName": "*nadie*"}, {"PatientName": "*orales"}, {"PatientName": "?rales"}, {"PatientName": "Morales^*nx"},
        {"PatientID": "402-1180"}, {"PatientID": "02-118*"}, {"StudyDescription": "bdomen"}, {"PatientID": "%"},
        {"PatientID": "."},
        {"AccessionNumber": "A26"}, {"ModalitiesInStudy": "PT"}, {"StudyDate": "-20200101"},
        {"StudyInstanceUID": CT[:-1]},
    ],
)  # fmt: skip
def test_it_is_not_found_by_what_does_not(query: dict[str, str]) -> None:
    assert CT not in found(**query)


@pytest.mark.parametrize(
    "query",
    [{"limit": "x"}, {"limit": "-1"}, {"offset": "1.5"}, {"StudyDate": "2026"}, {"StudyDate": "ayer-hoy"}],
)
def test_a_query_that_makes_no_sense_is_400(query: dict[str, str]) -> None:
    answer = asker().get(STUDIES, query)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_pages_cover_all_studies_once_and_say_that_there_are_more() -> None:
    everything = found()
    assert len(everything) > 2
    seen: list[Any] = []
    for offset in range(len(everything)):
        answer = asker().get(STUDIES, {"limit": "1", "offset": str(offset)})
        assert ("Warning" in answer) == (offset < len(everything) - 1)
        seen += [one(row, "0020000D") for row in said(answer)]
    assert (len(seen), set(seen)) == (len(everything), everything)


def test_series_and_instances_by_their_attributes() -> None:
    files.slices(2, series=2, Modality="PT")
    client = asker()
    assert [one(row, "00200011") for row in said(client.get(f"{STUDY}/series"))] == [1, 2]
    assert [one(row, "0008103E") for row in said(client.get(f"{STUDY}/series", {"Modality": "PT"}))] == [
        "Axial 2 <señal>"
    ]
    assert len(said(client.get(f"{STUDY}/instances"))) == 5
    rows = said(client.get(f"{STUDY}/series/{CT}.1/instances"))
    assert [one(row, "00200013") for row in rows] == [1, 2, 3]
    assert (one(rows[0], "00280010"), one(rows[0], "00083002")) == (4, "1.2.840.10008.1.2.1")
    (row,) = said(client.get(f"{STUDY}/instances", {"SOPInstanceUID": f"{CT}.2.2"}))
    assert one(row, "00080018") == f"{CT}.2.2"


@pytest.mark.parametrize(
    "query",
    [
        {"StudyTime": "000000-235959"}, {"StudyTime": "00-23"}, {"StudyTime": "1030"}, {"StudyTime": "-1030"},
        {"PatientBirthDate": "19000101-20250101"}, {"PatientSex": "F"},
        {"ModalitiesInStudy": "PT,CT"}, {"ModalitiesInStudy": "PT\\CT"}, {"StudyInstanceUID": f"1.2.3\\{CT}"},
        {"PatientID": "402-118?-7"}, {"PatientID": "*"}, {"PatientName": ""}, {"ReferringPhysicianName": "*"},
        {"StudyDate": "*"}, {"00081030": "*abdomen*"},
    ],
)  # fmt: skip
def test_times_lists_wildcards_and_what_matches_everything(query: dict[str, str]) -> None:
    own = Study.objects.filter(study_instance_uid=CT)
    own.update(study_time="10:30:00", patient_birth_date="1984-03-12", patient_sex="F")
    assert CT in found(**query)


@pytest.mark.parametrize(
    "query",
    [
        {"StudyTime": "25"}, {"StudyTime": "-"}, {"StudyDate": "-"}, {"StudyDate": "2026-01-01"}, {"StudyDate": "20261301"},
        {"StudyInstanceUID": "x"}, {"StudyInstanceUID": ",".join(["1.2"] * 201)}, {"PatientID": "*a*a*a*a*a*"},
        {"includefield": "NoSuchThing"}, {"PatientName": "a\0b"}, {"PatientID": "9" * 20_000},
    ],
)  # fmt: skip
def test_values_that_make_no_sense_are_400_and_say_why(query: dict[str, str]) -> None:
    answer = asker().get(STUDIES, query)
    assert answer.status_code == 400
    assert len(answer.json()["detail"]) > 10


def test_parameters_that_nobody_knows_are_ignored_and_said_so() -> None:
    answer = asker().get(STUDIES, {"orderby": "x", "StudyInstanceUID": CT})
    assert (answer.status_code, len(said(answer))) == (200, 1)
    assert answer["Warning"].startswith("299 ")


def test_nothing_found_is_204() -> None:
    answer = asker().get(STUDIES, {"PatientID": "nobody"})
    assert (answer.status_code, answer.content) == (204, b"")


def test_attributes_that_no_column_holds_are_read_where_asked_for() -> None:
    client = asker()
    (plain,) = said(client.get(STUDIES, {"StudyInstanceUID": CT}))
    assert "00080070" not in plain
    files.slices(1, series=3, Manufacturer="Acme", KVP="120", InstitutionName="Norte")
    address = f"{STUDY}/series/{CT}.3/instances"
    for wanted in ("KVP", "00180060"):
        (row,) = said(client.get(address, {"includefield": wanted}))
        assert one(row, "00180060") == 120
        assert "00080070" not in row
    (row,) = said(client.get(address, {"includefield": "all"}))
    assert one(row, "00180060") == 120
    assert "7FE00010" not in row
    (row,) = said(client.get("/dicomweb/series", {"SeriesInstanceUID": f"{CT}.3", "includefield": "all"}))
    assert one(row, "00080070") == "Acme"
    assert "00180060" not in row  # of an instance


def test_searches_over_all_studies_name_study_and_series() -> None:
    client = asker()
    (row,) = said(client.get("/dicomweb/series", {"StudyInstanceUID": CT, "Modality": "CT"}))
    assert (one(row, "0020000D"), one(row, "00100020"), one(row, "00201209")) == (CT, "402-1180-7", 3)
    rows = said(client.get("/dicomweb/instances", {"PatientID": "402-1180-7", "InstanceNumber": "2"}))
    assert [one(found, "00080018") for found in rows] == [f"{CT}.1.2"]
    assert one(rows[0], "00081190").endswith(f"/dicomweb/studies/{CT}/series/{CT}.1/instances/{CT}.1.2")
    assert client.get("/dicomweb/instances", {"limit": "2"})["Warning"].startswith("299 ")


def test_dates_and_sequences_of_a_step_are_matched_on_the_stored_attributes() -> None:
    request = Dataset()
    request.RequestedProcedureID = "RP-7"
    files.slices(1, series=3, PerformedProcedureStepStartDate="20260102", RequestAttributesSequence=[request])
    for query in (
        {"RequestAttributesSequence.RequestedProcedureID": "RP-*"}, {"00400275.00401001": "RP-7"},
        {"PerformedProcedureStepStartDate": "20260101-20260103"}, {"00400244": "20260102"},
    ):  # fmt: skip
        (row,) = said(asker().get(f"{STUDY}/series", query))
        assert one(row, "0020000E") == f"{CT}.3"
    assert asker().get(f"{STUDY}/series", {"00400275.00401001": "RP"}).status_code == 204
    assert asker().get(f"{STUDY}/series", {"00400244": "x"}).status_code == 400


def test_names_by_sound_only_where_the_institution_says_so() -> None:
    query = {"PatientName": "Moralez Ana", "fuzzymatching": "true", "StudyInstanceUID": CT}
    answer = asker().get(STUDIES, query)
    assert answer.status_code == 204
    assert "fuzzymatching" in answer["Warning"]
    Setting.objects.create(key="fuzzy_names", value=True)
    answer = asker().get(STUDIES, query)
    assert [one(row, "0020000D") for row in said(answer)] == [CT]
    assert "Warning" not in answer
    assert asker().get(STUDIES, {**query, "PatientName": "Gomez"}).status_code == 204


@pytest.mark.parametrize("few", [2000, 0])
def test_what_many_have_and_what_few_have_is_found_alike(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "FEW", few)
    files.slices(2, series=2, Modality="PT")
    for query in (
        {"PatientName": "Mor*"}, {"PatientID": "402-118*"}, {"ModalitiesInStudy": "PT"}, {"StudyDescription": "abdomen"},
    ):  # fmt: skip
        assert CT in found(**query)
    client = asker()
    for query in (
        {"Modality": "PT"},
        {"SeriesInstanceUID": f"{CT}.2"},
        {"SeriesNumber": "2", "PatientName": "Mor*"},
    ):
        (row,) = said(client.get("/dicomweb/series", query))
        assert one(row, "0020000E") == f"{CT}.2"
    assert len(said(client.get("/dicomweb/instances", {"Modality": "PT", "ModalitiesInStudy": "PT"}))) == 2


def test_a_search_over_all_goes_through_them_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicom_search, "FIRST", 1)
    monkeypatch.setattr(dicom_search, "LAST", 1)
    whole = said(asker().get("/dicomweb/instances"))
    monkeypatch.undo()
    assert said(asker().get("/dicomweb/instances")) == whole
    assert len(whole) == 3


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_date_that_no_exam_has_is_found_as_it_stands(day: str) -> None:
    """Its exam counts as done when it came."""
    Study.objects.filter(study_instance_uid=CT).update(study_date=day)
    digits = day.replace("-", "")
    assert CT in found(StudyDate=digits)
    assert (CT in found(StudyDate="-20200101")) is (day < "2000")
    assert (CT in found(StudyDate="20280101-")) is (day > "2000")
