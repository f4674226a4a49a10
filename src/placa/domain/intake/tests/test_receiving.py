"""An object is kept as it came, or refused with a reason and not kept at all."""

import errno
import os

import pytest

from placa.domain.archive.errors import PermanentError, RetriableError
from placa.domain.archive.storage import storage
from placa.domain.intake.receiving import MISMATCH, Announced, receive
from placa.domain.intake.tests.objects import CT, MODALITY, announced, ct, encoded, received

pytestmark = pytest.mark.usefixtures("archive")


def _kept() -> int:
    store = storage()
    return sum(1 for day in store.days() for _ in store.iterate(day))


def test_the_data_set_is_kept_byte_for_byte_under_a_preamble_of_zeros() -> None:
    data = encoded(ct())
    with storage().open(received(ct()).key) as file:
        kept = file.read()
    assert kept[:132] == bytes(128) + b"DICM"
    assert kept.endswith(data)
    assert b"CT1" in kept[: len(kept) - len(data)]


@pytest.mark.parametrize(
    ("sop_class", "instance"), [(CT, "1.2.3.4"), ("1.2.840.10008.5.1.4.1.1.4", str(ct().SOPInstanceUID))]
)
def test_command_and_data_set_must_name_the_same_instance(sop_class: str, instance: str) -> None:
    before = _kept()
    with pytest.raises(PermanentError) as refused:
        receive([encoded(ct())], Announced(sop_class, instance, "1.2.840.10008.1.2.1"), MODALITY)
    assert refused.value.reason == MISMATCH
    assert _kept() == before


@pytest.mark.parametrize("uid", ["../../etc/passwd", "", "1.2." + "3" * 70, "1.2.3;rm"])
def test_a_uid_that_is_none_is_refused(uid: str) -> None:
    with pytest.raises(PermanentError):
        receive([encoded(ct())], Announced(CT, uid, "1.2.840.10008.1.2.1"), MODALITY)


@pytest.mark.parametrize("cut", [1, 20, 40, 130, 200])
def test_a_data_set_that_is_cut_short_is_refused(cut: int) -> None:
    before = _kept()
    with pytest.raises(PermanentError):
        receive([encoded(ct())[:-cut]], announced(ct()), MODALITY)
    assert _kept() == before


def test_a_full_disk_asks_to_try_again_and_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = _kept()

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fdatasync", full)
    with pytest.raises(RetriableError):
        received(ct())
    monkeypatch.undo()
    assert _kept() == before
