"""Names are shown as people write them, found without accents, and compared by the rule of conflict."""

from __future__ import annotations

from pathlib import Path

import pytest

from placa.standards.dicom import names
from placa.standards.dicom.charset import decoder_for
from placa.standards.dicom.header import read_header


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Morales Peralta^Ana", "Ana Morales Peralta"),
        ("Adams^John Robert Quincy^^Rev.^B.A. M.Div.", "Rev. John Robert Quincy Adams B.A. M.Div."),
        ("OB^^^^", "OB"),
        ("", ""),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Tarou Yamada"),
        ("=山田^太郎", "山田 太郎"),
        ("  Doe ^ Jane  ", "Jane Doe"),
        ("A^B^C^D^E^F", "D B C A E"),
    ],
)
def test_display(value: str, shown: str) -> None:
    assert names.display(value) == shown


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("Núñez Peña^María José", "nunez pena maria jose"),
        ("O'Neill-Straße^Zoë", "oneill strasse zoe"),
        ("Łukasz^Sørensen", "lukasz sorensen"),
        ("=山田^太郎", "山田 太郎"),
        ("<script>^'", "script"),
    ],
)
def test_name_key(value: str, key: str) -> None:
    assert names.name_key(value) == key


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("Morales Peralta^Ana", "MORALES PERALTA^ANA", True),
        ("Morales Peralta^Ana", "Ana^Morales", True),
        ("Morales Peralta^Ana", "Ana Morales Peralta", True),
        ("Morales^Ana", "Moralez^Anna", True),
        ("Núñez^José", "Nunez^Jose", True),
        ("Morales^Ana", "", True),
        ("Morales^Ana", "Morales^Bruno", False),
        ("Morales^Ana", "Moralexyz^Ana", False),
        ("Díaz^Carla", "Egea^Nuria", False),
    ],
)
def test_conflict_rule(a: str, b: str, same: bool) -> None:
    assert names.same_person_names(a, b) is same
    assert names.same_person_names(b, a) is same


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [("", "", 0), ("abc", "abc", 0), ("abc", "abd", 1), ("kitten", "sitting", 3), ("a", "zzzzz", 3)],
)
def test_edit_distance_stops_at_its_limit(a: str, b: str, distance: int) -> None:
    assert names.edit_distance(a, b, 2) == distance


# The example names of PS3.5 Annexes H to K, and Spanish as devices send it.
NAMES = {
    "chrArab": "قباني^لنزار",
    "chrFren": "Buc^Jérôme",
    "chrFrenMulti": "Buc^Jérôme",
    "chrGerm": "Äneas^Rüdiger",
    "chrH31": "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "chrI2": "Hong^Gildong=洪^吉洞=홍^길동",
    "chrRuss": "\u041b\u044e\u043ace\u043c\u0431yp\u0433",
    "chrX1": "Wang^XiaoDong=王^小東=",
    "es-latin1": "NÚÑEZ PEÑA^MARÍA JOSÉ",
    "es-latin1-no-charset-declared": "NÚÑEZ PEÑA^MARÍA JOSÉ",
    "es-utf8": "NÚÑEZ PEÑA^MARÍA JOSÉ",
    "es-utf8-declared-latin1-bytes": "NÚÑEZ PEÑA^MARÍA JOSÉ",
}


@pytest.mark.parametrize("file", NAMES)
def test_names_of_every_character_set(testdata: Path, file: str) -> None:
    assert read_header(testdata / "charset" / f"{file}.dcm").patient_name == NAMES[file]


@pytest.mark.parametrize(
    ("terms", "raw", "text"),
    [
        ("", b"plain", "plain"),
        ("ISO_IR 100", b"Nu\xf1ez", "Nuñez"),
        ("ISO_IR 101", b"Ko\xb3o", "Koło"),
        ("ISO_IR 192", "Nuñez 山".encode(), "Nuñez 山"),
        ("GB18030", "王^小东".encode("gb18030"), "王^小东"),
        ("ISO_IR 13", b"\xd4\xcf\xc0\xde", "ﾔﾏﾀﾞ"),
        ("\\ISO 2022 IR 87", b"\x1b$B;3ED\x1b(B^A", "山田^A"),
        ("ISO 2022 IR 100\\ISO 2022 IR 144", b"Jos\xe9 \x1b-L\xbb\xee\x5cJos\xe9", "José Лю\\José"),
        ("NO SUCH SET", b"Nu\xf1ez", "Nuñez"),
        ("", b"\x1b~~\xf1", "ñ"),
    ],
)
def test_text_decoding(terms: str, raw: bytes, text: str) -> None:
    assert decoder_for(terms).text(raw) == text
