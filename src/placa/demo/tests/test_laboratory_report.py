"""The laboratory's PDF: readable, escaped, the same each time, and its flags follow its ranges."""

from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader

from placa.demo.lab import SECTIONS, Measurement, lab_report_html, lab_report_pdf
from placa.demo.phantoms import Identity, Visit, derived_uid
from placa.demo.reports import LABORATORY, REPORTS

ANA = Identity("Morales^Ana", "ALB-20417", "ALBORADA", date(1985, 5, 8), "F")
VISIT = Visit(
    derived_uid("laboratory"),
    "A26-1",
    datetime(2026, 11, 6, 8, 5, tzinfo=UTC),
    "Hemograma y química",
    "Clínica Alborada",
    "Díaz^Rafael",
    "LAB",
)


def test_pdf_names_the_person_and_holds_every_value() -> None:
    pdf = lab_report_pdf(ANA, VISIT)
    text = " ".join("".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())
    assert "Ana Morales" in text
    assert all(row.name in text for rows in SECTIONS.values() for row in rows)
    assert lab_report_pdf(ANA, VISIT) == pdf


def test_what_comes_from_outside_is_escaped() -> None:
    mallory = Identity("<script>^x", "1", "", date(2000, 1, 1), "")
    assert "<script>" not in lab_report_html(mallory, VISIT)


@pytest.mark.parametrize(
    ("value", "low", "high", "flag", "reference"),
    [
        (11, 15, 150, "bajo", "15 – 150"),
        (15, 15, 150, "", "15 – 150"),
        (151, 15, 150, "alto", "15 – 150"),
        (201, None, 200, "alto", "hasta 200"),
        (40, 50, None, "bajo", "desde 50"),
    ],
)
def test_flag_and_range(
    value: float, low: float | None, high: float | None, flag: str, reference: str
) -> None:
    row = Measurement("x", value, 0, "", low, high)
    assert (row.flag, row.reference) == (flag, reference)


def test_conclusion_names_exactly_the_value_that_is_out_of_range() -> None:
    flagged = [(row.name, row.flag) for rows in SECTIONS.values() for row in rows if row.flag]
    assert flagged == [("Ferritina", "bajo")]
    assert LABORATORY.conclusion.startswith("Ferritina por debajo")


def test_every_generator_has_a_report_with_all_parts() -> None:
    from placa.demo import phantoms

    generators = {name for name in phantoms.__all__ if name.islower()} - {"derived_uid"}
    assert set(REPORTS) == generators
    assert all(
        part in report.text for report in REPORTS.values() for part in ("Técnica", "Hallazgos", "Conclusión")
    )
