"""UIDs are judged as PS3.5 9.1 says, and every class and syntax in use is known."""

from __future__ import annotations

import pytest
from pynetdicom.sop_class import _STORAGE_CLASSES

from placa.standards.dicom import uids


@pytest.mark.parametrize(
    "uid", ["1.2.840.10008.1.2", "2.25.0", "1." + "2" * 62, uids.IMPLEMENTATION_CLASS_UID]
)
def test_valid_uids(uid: str) -> None:
    assert uids.is_valid_uid(uid)
    assert uids.is_acceptable_uid(uid)


@pytest.mark.parametrize(
    "uid", ["", "1", "1.", ".1", "1..2", "1.2a", "../../x", "1.2/3", "1." + "2" * 63, "1.2\n", "1.٣"]
)
def test_invalid_uids(uid: str) -> None:
    assert not uids.is_valid_uid(uid)
    assert not uids.is_acceptable_uid(uid)


def test_leading_zeros_are_invalid_but_acceptable() -> None:
    assert not uids.is_valid_uid("1.2.03")
    assert uids.is_acceptable_uid("1.2.03")


def test_new_uids_are_valid_and_differ() -> None:
    made = {uids.new_uid() for _ in range(50)}
    assert len(made) == 50
    assert all(uids.is_valid_uid(uid) for uid in made)


def test_every_storage_class_of_pynetdicom_is_known() -> None:
    assert set(_STORAGE_CLASSES.values()) <= uids.STORAGE_SOP_CLASSES


@pytest.mark.parametrize(
    "uid", ["1.2.840.10008.1.20.1", "1.2.840.10008.1.1", "1.2.840.10008.1.3.10", "1.2.840.10008.5.1.4.31"]
)
def test_services_are_not_storage(uid: str) -> None:
    assert not uids.is_storage(uid)


def test_rare_transfer_syntaxes_are_accepted() -> None:
    for number in ("53", "55", "80", "81", "90", "100", "102", "102.1", "107", "110", "201", "203"):
        assert f"1.2.840.10008.1.2.4.{number}" in uids.ACCEPTED_TRANSFER_SYNTAXES
    assert uids.ACCEPTED_TRANSFER_SYNTAXES[-1] == uids.DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN
    assert len(set(uids.ACCEPTED_TRANSFER_SYNTAXES)) == len(uids.ACCEPTED_TRANSFER_SYNTAXES)


@pytest.mark.parametrize(
    ("sop_class", "modality", "kind"),
    [
        ("1.2.840.10008.5.1.4.1.1.2", "CT", "image"),
        ("1.2.840.10008.5.1.4.1.1.6.1", "US", "image"),
        ("1.2.840.10008.5.1.4.1.1.77.1.4.1", "XC", "video"),
        ("1.2.840.10008.5.1.4.1.1.9.1.1", "ECG", "ecg"),
        ("1.2.840.10008.5.1.4.1.1.104.1", "DOC", "pdf"),
        ("1.2.840.10008.5.1.4.1.1.88.11", "SR", "sr"),
        ("1.2.840.10008.5.1.4.1.1.88.67", "SR", "other"),
        ("1.2.840.10008.5.1.4.1.1.88.59", "KO", "presentation"),
        ("1.2.840.10008.5.1.4.1.1.11.1", "PR", "presentation"),
        ("1.2.840.10008.5.1.4.1.1.66.4", "SEG", "other"),
        ("1.2.3.4", "CT", "image"),
        ("1.2.3.4", "SR", "other"),
    ],
)
def test_kind_of(sop_class: str, modality: str, kind: str) -> None:
    assert uids.kind_of(sop_class, modality) == kind


def test_a_video_syntax_makes_a_video() -> None:
    assert uids.kind_of("1.2.840.10008.5.1.4.1.1.3.1", "US", "1.2.840.10008.1.2.4.102") == "video"
