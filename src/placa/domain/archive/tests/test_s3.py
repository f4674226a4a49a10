"""What is S3's own: the cache in front of the bucket, damage found on the way, outages."""

import multiprocessing
import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from placa.domain.archive.storage import DamagedError, StorageError
from placa.domain.archive.storage import s3 as adapter
from placa.domain.archive.storage.s3 import Bucket, Credentials, S3Storage
from placa.domain.archive.tests.s3 import S3Server, s3_server
from placa.domain.archive.tests.test_storage_contract import s3_storage


@pytest.fixture
def bucket() -> str:
    return f"placa/{uuid.uuid4().hex}"


@pytest.fixture
def store(s3: S3Server, bucket: str, tmp_path: Path) -> S3Storage:
    return s3_storage(s3, bucket, tmp_path / "cache")


def asked(store: S3Storage, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls that go to S3 from now on."""
    calls: list[str] = []
    real = S3Storage._ask

    def ask(self: S3Storage, operation: str, **options: Any) -> dict[str, Any]:
        calls.append(operation)
        return real(self, operation, **options)

    monkeypatch.setattr(S3Storage, "_ask", ask)
    return calls


def test_what_was_just_stored_is_read_without_asking_s3(
    store: S3Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = store.store([b"fresh"])
    calls = asked(store, monkeypatch)
    assert store.path(key).read_bytes() == b"fresh"
    assert store.read(key, 1, 2) == b"re"
    store.stored_at(key)
    assert store.sizes([key]) == [5]
    assert calls == []


def test_a_part_of_what_is_not_cached_comes_of_the_whole_file_which_was_checked(store: S3Storage) -> None:
    key = store.store([b"0123456789"])
    store.cache.drop(key)
    assert store.read(key, 3, 4) == b"3456"
    assert store.cache.find(key) is not None


def test_many_threads_fetch_a_file_once(store: S3Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    data = os.urandom(3_000_000)
    key = store.store([data])
    store.cache.drop(key)
    calls = asked(store, monkeypatch)
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda _: store.path(key).read_bytes(), range(12)))
    assert all(one == data for one in found)
    assert calls == ["get_object"]


def _read_and_count(store: S3Storage, key: str, answers: "multiprocessing.Queue[tuple[bytes, int]]") -> None:
    fetched, real = [], S3Storage._fetch

    def fetch(self: S3Storage, key: str, file: Any) -> Any:
        fetched.append(key)
        time.sleep(0.2)
        return real(self, key, file)

    S3Storage._fetch = fetch  # type: ignore[method-assign]
    answers.put((store.path(key).read_bytes(), len(fetched)))


def test_many_processes_fetch_a_file_once(store: S3Storage) -> None:
    key = store.store([b"shared"])
    store.cache.drop(key)
    fork = multiprocessing.get_context("fork")
    answers = fork.Queue()
    children = [fork.Process(target=_read_and_count, args=(store, key, answers)) for _ in range(4)]
    for child in children:
        child.start()
    found = [answers.get(timeout=60) for _ in children]
    for child in children:
        child.join(60)
    assert {data for data, _ in found} == {b"shared"}
    assert sum(count for _, count in found) == 1


def test_the_longest_unused_make_room(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    store = s3_storage(s3, bucket, tmp_path / "cache", cache_bytes=50_000)
    keys = [store.store([bytes(10_000)]) for _ in range(4)]
    for age, key in enumerate(keys):  # the first was used last, but long enough ago to go
        os.utime(store.cache.root / key, (time.time() - 1000 - 100 * age, time.time()))
    keys.append(store.store([bytes(10_000)]))
    assert [store.cache.find(key) is not None for key in keys] == [True, True, True, False, True]
    assert store.path(keys[3]).read_bytes() == bytes(10_000)


def test_a_file_that_was_flipped_at_s3_is_never_handed_out(store: S3Storage, bucket: str) -> None:
    key = store.store([b"right pixels"])
    told = store._call("head_object", key)["Metadata"]
    store._call("put_object", key, Body=b"wrong pixels", Metadata=told)
    store.cache.drop(key)
    with pytest.raises(DamagedError, match="crc"):
        store.path(key)
    assert store.cache.find(key) is None
    assert not list(store.cache.spooled())


def test_a_cached_stump_is_fetched_anew(store: S3Storage) -> None:
    """A power cut may leave a cached file short: the bucket is whole, and the object is served."""
    key = store.store([b"x" * 1000])
    store.path(key).write_bytes(b"")
    store.forget(key)
    assert store.path(key).read_bytes() == b"x" * 1000


def test_s3_refuses_what_was_changed_on_the_way(store: S3Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "_md5", lambda parts, file=None: "AAAAAAAAAAAAAAAAAAAAAA==")
    with pytest.raises(StorageError, match="BadDigest"):
        store.store([b"x"])
    assert not list(store.cache.spooled())
    assert store.days() == []


def test_a_large_file_goes_up_in_parts(store: S3Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "PART_BYTES", 5 * 1024 * 1024)  # the least that S3 takes
    data = os.urandom(12 * 1024 * 1024)
    calls = asked(store, monkeypatch)
    key = store.store([data])
    assert calls.count("upload_part") == 3
    store.cache.drop(key)
    assert store.path(key).read_bytes() == data


def test_encryption_at_s3_is_asked_for(store: S3Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []
    store._bucket = Bucket.of("s3://b?sse=aws:kms&sse_key=arn:key")

    def ask(self: S3Storage, operation: str, **options: Any) -> dict[str, Any]:
        sent.append(options)
        return {}

    monkeypatch.setattr(S3Storage, "_ask", ask)
    store.store([b"x"])
    assert (sent[0]["ServerSideEncryption"], sent[0]["SSEKMSKeyId"]) == ("aws:kms", "arn:key")


def test_an_outage_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with s3_server() as server:
        store = s3_storage(server, "outage", tmp_path / "cache")
        key, cached = store.store([b"far"]), store.store([b"near"])
        store.cache.drop(key)
        server.stop()
        for fails in (store.check, store.days, lambda: store.path(key), lambda: store.sum(key),
                      lambda: store.exists(key), lambda: store.store([b"new"])):  # fmt: skip
            with pytest.raises(StorageError):
                fails()
        assert store.path(cached).read_bytes() == b"near"
        assert not list(store.cache.spooled())
        server.start()
        assert store.path(key).read_bytes() == b"far"


def test_wrong_keys_and_a_wrong_bucket_are_refused(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    place = Bucket.of(s3.url(bucket))
    with pytest.raises(StorageError, match="SignatureDoesNotMatch"):
        S3Storage(place, Credentials(("placa-test", "guessed")), tmp_path, 10**6).store([b"x"])
    other = Bucket("no-such-bucket", endpoint=place.endpoint)
    with pytest.raises(StorageError, match="NoSuchBucket"):
        S3Storage(other, Credentials(("placa-test", "placa-test-secret")), tmp_path, 10**6).check()


def test_the_secret_is_in_no_text() -> None:
    assert "hush" not in repr(Credentials(("key", "hush")))


@pytest.mark.parametrize(
    "url", ["s3://", "s3://b?endpoint=ftp://x", "s3://b?ednpoint=https://x", "s3://key:secret@b"]
)
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        Bucket.of(url)


def test_a_url_names_bucket_prefix_endpoint_and_region() -> None:
    found = Bucket.of("s3://images/placa/archive/?endpoint=https%3A%2F%2Fs3.example.org&region=eu-south-1")
    assert found == Bucket("images", "placa/archive/", "https://s3.example.org", "eu-south-1")
