"""Headings in a report's plain text: found where they surely are, and no word is lost."""

import pytest

from placa.demo import reports as demo
from placa.domain.reports.sections import sections


def read(text: str) -> list[tuple[str, str]]:
    return [(part.heading, part.body) for part in sections(text)]


def test_the_three_parts_of_a_report() -> None:
    headings = [heading for heading, _body in read(demo.CT_ABDOMEN.text)]
    assert headings == ["Técnica", "Hallazgos", "Conclusión"]
    assert dict(read(demo.CT_ABDOMEN.text))["Conclusión"] == demo.CT_ABDOMEN.conclusion


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Sin hallazgos agudos.", [("", "Sin hallazgos agudos.")]),
        ("HALLAZGOS: Hígado normal.\nBazo normal.", [("HALLAZGOS", "Hígado normal.\nBazo normal.")]),
        ("TECNICA\r\nUno.\r\nHALLAZGOS\r\nDos.", [("TECNICA", "Uno."), ("HALLAZGOS", "Dos.")]),
        ("Ana Morales\n\nReperti:\nNormale.", [("", "Ana Morales"), ("Reperti", "Normale.")]),
        ("ESTUDIO DE ABDOMEN\nUno.", [("ESTUDIO DE ABDOMEN", "Uno.")]),
        ("Vesícula biliar:\nSin cálculos.", [("Vesícula biliar", "Sin cálculos.")]),
        ("Findings\n\nConclusion\nNormal.", [("Findings", ""), ("Conclusion", "Normal.")]),
        ("", []),
    ],
)
def test_headings_as_reports_have_them(text: str, parts: list[tuple[str, str]]) -> None:
    assert read(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "Hígado normal\nBazo normal",  # short lines are no headings
        "Uno.\nSe ve lo siguiente:\n- un quiste",
        "Hemoglobina: 13.5 g/dL\nHematocrito: 40 %",
        "TSH",
        "HIGADO NORMAL\n\nBAZO NORMAL",  # all of it in capitals
        "RM L5-S1 SIN CAMBIOS",
        "Los hallazgos: normales, como antes",
    ],
)
def test_what_is_not_surely_a_heading_stays_text(text: str) -> None:
    assert read(text) == [("", text)]


def test_no_word_is_lost() -> None:
    text = demo.CT_ABDOMEN.text + "\n\nNOTA: uno\n  dos\n\nTRES\n" + demo.CHEST.text
    said = " ".join(f"{heading} {body}" for heading, body in read(text))
    assert said.split() == text.replace("NOTA:", "NOTA").split()
