"""A file that is not as it was stored is served by no door, and comes back when it is sent again (security case 30)."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from placa.domain.archive import integrity
from placa.domain.archive.models import Instance
from placa.domain.archive.storage import DamagedError, StorageError, storage
from placa.domain.archive.storage.base import Sum
from placa.domain.archive.storage.files import sum_of
from placa.domain.archive.storage.local import LocalStorage
from placa.domain.downloads.tests import world as ct
from placa.domain.intake.models import InboxItem
from placa.interfaces.dicomweb.tests.world import CT, STUDY, asker, body, instance, place

WHOLE = "application/dicom"


def flip(found: Instance) -> None:
    """Turn one bit of the stored pixels, as a failing disk does: size and times stay."""
    path = storage().path(found.storage_key)
    data = bytearray(path.read_bytes())
    data[-5] ^= 0x10
    path.write_bytes(data)


def gone(found: Instance) -> None:
    storage().delete(found.storage_key)


def shorter(found: Instance) -> None:
    path = storage().path(found.storage_key)
    path.write_bytes(path.read_bytes()[:-10])


@pytest.mark.parametrize(
    "address", ["/frames/1", "/rendered", "/thumbnail", "/bulkdata/7FE00010", "", "whole"]
)
@pytest.mark.parametrize(("harm", "what"), [(flip, "crc"), (gone, "missing"), (shorter, "size")])
def test_no_door_serves_a_damaged_file(address: str, harm, what: str) -> None:
    harm(instance(1, 2))
    headers = {"Accept": WHOLE} if address == "whole" else {}
    answer = asker().get(place(instance(1, 2)) + address.removeprefix("whole"), headers=headers)
    if answer.streaming and answer.status_code == 200:  # the stream of objects is cut before the bad one
        with pytest.raises(DamagedError):
            body(answer)
    else:
        assert (answer.status_code, answer.get("Retry-After")) == (503, None)
        assert b"damaged" in answer.content
    assert instance(1, 2).damage == what
    assert asker().get(f"{place(instance(1, 1))}/frames/1").status_code == 200


def test_a_known_damage_is_told_before_a_stream_begins() -> None:
    flip(instance(1, 2))
    asker().get(f"{place(instance(1, 2))}/frames/1")
    assert asker().get(STUDY).status_code == 503
    assert asker().get(f"{STUDY}/metadata").status_code == 200


def test_a_picture_that_was_kept_is_not_shown_of_a_file_known_as_damaged() -> None:
    assert asker().get(f"{place(instance(1, 2))}/rendered").status_code == 200
    flip(instance(1, 2))
    asker().get(f"{place(instance(1, 2))}/frames/1")
    assert asker().get(f"{place(instance(1, 2))}/rendered").status_code == 503


def test_the_preview_of_a_study_is_of_a_file_that_is_whole() -> None:
    flip(instance(1, 2))
    assert asker().get(f"{place(instance(1, 2))}/frames/1").status_code == 503
    assert asker().get(f"{STUDY}/thumbnail").status_code == 200


def test_staff_are_told_once_a_study_and_the_entry_closes_when_it_is_sent_again() -> None:
    for number in (1, 2):
        flip(instance(1, number))
        for _ in range(2):
            asker().get(f"{place(instance(1, number))}/frames/1")
    item = InboxItem.objects.get(kind="damaged")
    assert (item.study, item.resolved_at) == (ct.study(), None)
    assert item.detail["instances"] == sorted([instance(1, 1).pk, instance(1, 2).pk])
    old = instance(1, 2).storage_key
    ct.slices(3)
    assert not Instance.objects.exclude(damage="").exists()
    assert InboxItem.objects.get(kind="damaged").resolution == "whole again"
    assert asker().get(f"{place(instance(1, 2))}/frames/1").status_code == 200
    assert not storage().exists(old)


def test_damage_that_nobody_saw_yet_is_mended_by_the_same_object_too() -> None:
    flip(instance(1, 2))
    ct.slices(3)
    assert asker().get(f"{place(instance(1, 2))}/frames/1").status_code == 200
    assert not InboxItem.objects.filter(kind="damaged").exists()


def test_a_file_put_back_from_the_backup_is_served_again() -> None:
    path = storage().path(instance(1, 2).storage_key)
    right = path.read_bytes()
    flip(instance(1, 2))
    assert asker().get(f"{place(instance(1, 2))}/frames/1").status_code == 503
    path.write_bytes(right)
    assert asker().get(f"{place(instance(1, 2))}/frames/1").status_code == 200
    assert instance(1, 2).damage == ""


def test_a_large_file_is_summed_once_and_again_when_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrity, "SMALL", 100)
    sums: list[Sum] = []

    def counted(parts: Iterable[bytes]) -> Sum:
        sums.append(sum_of(parts))
        return sums[-1]

    monkeypatch.setattr(integrity, "sum_of", counted)
    address = f"{place(instance(1, 2))}/frames/1"
    assert [asker().get(address).status_code for _ in range(3)] == [200] * 3
    assert len(sums) == 1
    flip(instance(1, 2))
    assert asker().get(address).status_code == 503


def test_parts_are_what_lies_in_the_file_however_they_lie() -> None:
    found = instance(1, 2)
    whole = storage().path(found.storage_key).read_bytes()
    spans = [(0, 4), (2, 10), (2, 3), (0, len(whole)), (len(whole) - 3, 3), (7, 0), (len(whole) - 2, 50)]
    wanted = [whole[offset : offset + length] for offset, length in spans]
    assert integrity.parts(found, spans) == wanted
    assert integrity.read(found, spans) == b"".join(wanted)
    with storage().path(found.storage_key).open("ab") as file:
        file.write(b"more")
    with pytest.raises(DamagedError, match="size"):
        integrity.parts(found, [(0, 4)])


@pytest.mark.parametrize("address", ["/frames/1", "/rendered"])
def test_an_archive_that_is_away_is_no_damage(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    found = instance(1, 2)

    def away(self: LocalStorage, key: str) -> Path:
        raise StorageError("away")

    monkeypatch.setattr(LocalStorage, "path", away)
    answer = asker().get(place(found) + address)
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    monkeypatch.undo()
    assert instance(1, 2).damage == ""


def test_where_the_whole_archive_is_gone_no_file_is_called_missing(archive: Path) -> None:
    found = instance(1, 2)
    archive.rename(archive.with_name("elsewhere"))
    archive.touch()
    assert asker().get(f"{place(found)}/frames/1").status_code == 503
    assert not Instance.objects.exclude(damage="").exists()


def test_a_study_that_is_not_online_has_no_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    found = instance(1, 2)
    gone(found)
    type(ct.study()).objects.filter(study_instance_uid=CT).update(availability="offline")
    with pytest.raises(DamagedError):
        integrity.path_of(found)
    assert instance(1, 2).damage == ""
