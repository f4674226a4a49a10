"""QIDO-RS: whose studies are found, by what, and how many (PS3.18 10.6)."""

from typing import Any

import pytest

from placa.domain.downloads.tests import world as files
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
        {"PatientID": "402-1180-7"}, {"AccessionNumber": PLAN.accession}, {"0020000d": CT},
        {"ModalitiesInStudy": "CT"}, {"StudyDescription": "abdomen"}, {"StudyDate": "20200101-"},
    ],
)  # fmt: skip
def test_it_is_found_by_what_belongs_to_it(query: dict[str, str]) -> None:
    assert CT in found(**query)


@pytest.mark.parametrize(
    "query",
    [
        {"PatientName": "Nadie"}, {"PatientID": "402-1180"}, {"PatientID": "%"}, {"PatientID": "."},
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
