"""What a storage promises, whichever it is: asked of a local folder and of a real S3 server alike."""

import datetime as dt
import time
import uuid
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from placa.common import clock
from placa.domain.archive.storage import LocalStorage, Storage, StorageError, Sum
from placa.domain.archive.storage.s3 import Bucket, Credentials, S3Storage
from placa.domain.archive.tests.s3 import ACCESS_KEY, SECRET_KEY, S3Server

ABSENT = f"2026/01/01/ab/ab{'0' * 30}.dcm"
Again = Callable[[], Storage]  # the same storage as another process sees it, with a cache of its own


def s3_storage(
    server: S3Server, bucket: str, cache: Path, cache_bytes: int = 10**9, **options: str
) -> S3Storage:
    """A storage in `bucket`, which may be a bucket and a prefix."""
    credentials = Credentials((ACCESS_KEY, SECRET_KEY))
    return S3Storage(Bucket.of(server.url(bucket, **options)), credentials, cache, cache_bytes)


@pytest.fixture(params=["local", "s3"])
def again(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Again]:
    if request.param == "local":
        yield lambda: LocalStorage(tmp_path / "archive")
        return
    server, bucket = request.getfixturevalue("s3"), f"placa/{uuid.uuid4().hex}/archive"
    yield lambda: s3_storage(server, bucket, tmp_path / uuid.uuid4().hex)


@pytest.fixture
def store(again: Again) -> Storage:
    return again()


def content(store: Storage, key: str) -> bytes:
    with store.open(key) as file:
        return file.read()


def test_a_stored_file_is_read_back_by_its_key(store: Storage, again: Again) -> None:
    key = store.store([b"abc", b"defg"])
    for seen in (store, again()):
        assert seen.read(key, 2, 3) == b"cde"
        assert seen.read(key, 5, 100) == b"fg"
        assert seen.read(key, 7, 100) == b""
        assert content(seen, key) == b"abcdefg"
        assert seen.path(key).read_bytes() == b"abcdefg"
        assert seen.path(key).is_relative_to(seen.root)
        assert seen.size(key) == 7
        assert seen.sum(key) == Sum(7, zlib.crc32(b"abcdefg"))
        assert seen.exists(key)
        assert seen.sizes([ABSENT, key]) == [None, 7]


def test_an_empty_file_and_one_of_some_megabytes_come_back_whole(store: Storage, again: Again) -> None:
    large = bytes(range(256)) * 4096 * 5
    for data in (b"", large):
        assert content(again(), store.store([data])) == data


def test_bytes_may_be_looked_at_before_they_are_committed(store: Storage) -> None:
    with store.new() as writer:
        assert writer.write(memoryview(b"DICM")) == 4
        assert writer.path.read_bytes() == b"DICM"
        assert not store.exists(writer.key)
        assert writer.commit() == writer.key
    assert content(store, writer.key) == b"DICM"


def test_a_file_that_was_not_committed_leaves_nothing(store: Storage) -> None:
    with store.new() as writer:
        writer.write(b"half")
    assert not writer.path.exists()
    assert not store.exists(writer.key)
    assert [key for day in store.days() for key in store.iterate(day)] == []


def test_what_a_dead_writer_left_is_removed_and_a_living_one_is_not(store: Storage) -> None:
    with store.new() as living:
        living.write(b"going on")
        dead = living.path.with_name("0" * 32 + ".dcm.part")
        dead.write_bytes(b"half")
        assert store.remove_unfinished(dt.date.min) == 1
        assert not dead.exists()
        assert content(store, living.commit()) == b"going on"


def test_days_and_what_was_stored_on_one_are_listed(store: Storage, again: Again) -> None:
    now = clock.now()
    moments = [now - dt.timedelta(days=400), now - dt.timedelta(days=1), now]
    keys = []
    for moment in moments:
        with clock.standing_at(moment):
            keys.append(store.store([b"x"]))
    assert again().days() == [moment.astimezone(dt.UTC).date() for moment in moments]
    assert list(again().iterate(moments[1].date())) == [keys[1]]
    assert list(again().iterate(dt.date(1999, 1, 1))) == []


def test_when_a_file_was_stored_is_known(store: Storage, again: Again) -> None:
    before = time.time()
    key = store.store([b"x"])
    for seen in (store, again()):
        assert before - 1 <= seen.stored_at(key).timestamp() <= time.time() + 1


def test_a_deleted_file_is_gone_and_may_be_deleted_again(store: Storage) -> None:
    key = store.store([b"x"])
    store.delete(key)
    store.delete(key)
    assert not store.exists(key)
    with pytest.raises(FileNotFoundError):
        store.open(key)


@pytest.mark.parametrize("ask", ["open", "size", "sum", "stored_at"])
def test_a_file_that_is_not_there_is_not_found(store: Storage, ask: str) -> None:
    with pytest.raises(FileNotFoundError):
        getattr(store, ask)(ABSENT)
    with pytest.raises(FileNotFoundError):
        store.read(ABSENT, 0, 4)


@pytest.mark.parametrize(
    "key", ["../etc/passwd", "/etc/passwd", "2026/01/01/aa/../x.dcm", "", "2026/01/01/aa/x.dcm"]
)
@pytest.mark.parametrize("ask", ["path", "open", "size", "delete", "sum", "stored_at"])
def test_a_key_that_is_none_of_ours_is_refused(store: Storage, key: str, ask: str) -> None:
    with pytest.raises(ValueError, match="not a storage key"):
        getattr(store, ask)(key)


def test_a_suffix_that_is_none_is_refused(store: Storage) -> None:
    with pytest.raises(ValueError, match="not a suffix"):
        store.new("/../x")


def test_a_file_of_another_storage_keeps_its_key_and_its_time(
    store: Storage, again: Again, tmp_path: Path
) -> None:
    there, moment = tmp_path / "elsewhere", dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.UTC)
    there.write_bytes(b"from elsewhere")
    store.put(ABSENT, there, moment)
    assert content(again(), ABSENT) == b"from elsewhere"
    assert again().stored_at(ABSENT) == moment


def test_a_storage_that_works_says_so(store: Storage) -> None:
    store.check()
    assert [key for day in store.days() for key in store.iterate(day)] == []


def test_a_storage_that_takes_nothing_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError):
        LocalStorage(tmp_path / "file").check()
