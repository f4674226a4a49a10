"""Objects of an S3 bucket, with whole files cached on the local disk.

`s3://bucket/prefix?endpoint=https://…&region=…&sse=AES256|aws:kms&sse_key=…`. A file is spooled locally while it is
written; `commit` returns once S3 has confirmed it, its MD5 checked there (decision 0017). Its CRC-32 and the time of
its arrival go along as metadata, so that what is fetched back is checked before anybody reads it.
"""

import base64
import contextlib
import datetime as dt
import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, BinaryIO, Final, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.exceptions import ImproperlyConfigured
from isal import isal_zlib

from placa.common import clock
from placa.domain.archive.storage.base import DamagedError, StorageError, Sum
from placa.domain.archive.storage.cache import FileCache
from placa.domain.archive.storage.files import (
    chunks,
    is_key,
    must_be_key,
    new_key,
    pread,
    remove_dead,
    sum_of,
)

T = TypeVar("T")
PART_BYTES: Final = 256 * 1024 * 1024  # a larger file goes up in parts (S3 takes 5 GiB at once, 10,000 parts)
CONNECT_SECONDS, READ_SECONDS, TRIES = 3, 20, 3
AT_ONCE: Final = 16
_CHUNK: Final = 1024 * 1024
_GONE: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_CRC, _AT = "placa-crc32", "placa-stored-at"


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where the objects are, and how they are kept there."""

    name: str
    prefix: str = ""  # with a slash at its end, or empty
    endpoint: str | None = None
    region: str | None = None
    sse: str = ""
    sse_key: str = ""

    @classmethod
    def of(cls, url: str) -> "Bucket":
        """The bucket of an `s3://` URL. Raises ImproperlyConfigured."""
        parts = urlsplit(url)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        prefix = unquote(parts.path).strip("/")
        known = {"endpoint", "region", "sse", "sse_key"}
        scheme = urlsplit(query.get("endpoint", "https:")).scheme
        # a secret in the URL would stand in logs and in the list of processes
        if not parts.hostname or "@" in parts.netloc or set(query) - known or scheme not in ("http", "https"):
            raise ImproperlyConfigured(
                "PLACA_STORAGE_URL must be s3://bucket/prefix, with endpoint=http(s)://…, region=, sse=, sse_key= at most"
            )
        return cls(
            parts.netloc, f"{prefix}/" if prefix else "", query.get("endpoint"), query.get("region"),
            query.get("sse", ""), query.get("sse_key", ""),
        )  # fmt: skip


class Credentials(tuple[str, str]):
    """Access key and secret; empty ones leave it to boto3's own chain. Never printed."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Credentials(…)"


class S3Writer:
    """Spools a new file; `commit` puts it into the bucket."""

    def __init__(self, store: "S3Storage", key: str) -> None:
        self.key = key
        self._store = store
        self._stack = ExitStack()
        self._file = self._stack.enter_context(store.cache.spool())
        self.path = Path(self._file.name)

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Append bytes; returns how many. Raises StorageError."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise StorageError(f"cannot write: {error.strerror}") from error
        return memoryview(data).nbytes

    def commit(self) -> str:
        """Put the object and wait for S3 to confirm it; it is in the cache then. Returns the key."""
        now = clock.now()
        self._store.upload(self.key, self.path, now)
        with contextlib.suppress(OSError):  # it is safe where it counts
            self._store.cache.keep(self.key, self._file, now)
        self._stack.close()
        return self.key

    def __enter__(self) -> "S3Writer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._stack.close()


class S3Storage:
    """A `Storage` in a bucket, behind a `FileCache` in the folder `cache` of at most `cache_bytes`."""

    def __init__(self, bucket: Bucket, credentials: Credentials, cache: Path, cache_bytes: int) -> None:
        self.root = cache
        self.cache = FileCache(cache, cache_bytes)
        self._bucket = bucket
        self._credentials = credentials
        self._clients: dict[int, Any] = {}
        self._making = threading.Lock()

    def new(self, suffix: str = ".dcm") -> S3Writer:
        """A writer of a new object of today (UTC)."""
        return S3Writer(self, new_key(suffix))

    def store(self, chunks: Iterable[bytes], suffix: str = ".dcm") -> str:
        """Store a whole file durably; returns its key."""
        with self.new(suffix) as writer:
            for chunk in chunks:
                writer.write(chunk)
            return writer.commit()

    def forget(self, key: str) -> None:
        """Drop the cached copy; the next read fetches it anew."""
        self.cache.drop(must_be_key(key))

    def put(self, key: str, source: Path, stored_at: dt.datetime) -> None:
        """Take a copy of a file that another storage has under `key`; the cache is left as it is."""
        self.upload(must_be_key(key), source, stored_at)

    def upload(self, key: str, path: Path, stored_at: dt.datetime) -> None:
        """Put a file into the bucket; S3 checks its MD5 and refuses another. Raises StorageError."""
        try:
            with path.open("rb") as file:
                total = sum_of(chunks(file))
                extra = {
                    "Metadata": {_CRC: f"{total.crc32:08x}", _AT: stored_at.isoformat()},
                    **self._encryption(),
                }
                file.seek(0)
                if total.size <= PART_BYTES:
                    self._call("put_object", key, Body=file, ContentMD5=_md5(chunks(file), file), **extra)
                else:
                    self._upload_in_parts(key, file, extra)
        except OSError as error:
            raise StorageError(f"cannot read what was spooled: {error.strerror}") from error

    def path(self, key: str) -> Path:
        """The file in the cache, fetched and checked where it is not there."""
        return self.cache.path(must_be_key(key), lambda file: self._fetch(key, file))

    def open(self, key: str) -> BinaryIO:
        """The file, for reading."""
        for _ in range(3):  # it may be made room of between the two steps
            with contextlib.suppress(FileNotFoundError):
                return self.path(key).open("rb")
            if not self.exists(key):
                break
        raise FileNotFoundError(key)

    def read(self, key: str, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`. The whole file is fetched for it, so that it has been checked."""
        with self.open(key) as file:
            return pread(file, offset, length)

    def sum(self, key: str) -> Sum:
        """Size and CRC-32 of the object in the bucket."""
        answer = self._call("get_object", key)
        return _told(lambda: sum_of(answer["Body"].iter_chunks(_CHUNK)))

    def size(self, key: str) -> int:
        """Bytes of the object."""
        return int(self._call("head_object", key)["ContentLength"])

    def sizes(self, keys: Sequence[str]) -> list[int | None]:
        """Bytes of each file, from the cache where it is there; the bucket is asked for several at a time."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self._size_or_none, keys))

    def exists(self, key: str) -> bool:
        """Whether the object is in the bucket."""
        try:
            return self.size(key) >= 0
        except FileNotFoundError:
            return False

    def delete(self, key: str) -> None:
        """Remove the object; without effect where there is none."""
        self.cache.drop(must_be_key(key))
        self._call("delete_object", key)

    def days(self) -> list[dt.date]:
        """Days (UTC) on which something was stored, oldest first. Lists folders, not objects."""
        found = []
        for year in self._folders(""):
            for month in self._folders(year):
                for day in self._folders(month):
                    with contextlib.suppress(ValueError):
                        found.append(dt.date(*(int(part) for part in day.split("/")[:3])))
        return sorted(found)

    def iterate(self, day: dt.date) -> Iterator[str]:
        """Keys of the objects stored on `day`; lists that day alone."""
        for answer in self._pages(f"{day:%Y/%m/%d}/"):
            for row in answer.get("Contents", ()):
                key = row["Key"].removeprefix(self._bucket.prefix)
                if is_key(key):
                    yield key

    def stored_at(self, key: str) -> dt.datetime:
        """When the file was stored (UTC)."""
        if found := self.cache.find(must_be_key(key)):
            with contextlib.suppress(FileNotFoundError):
                return dt.datetime.fromtimestamp(found.stat().st_mtime, dt.UTC)
        return _stored_at(self._call("head_object", key))

    def remove_unfinished(self, since: dt.date) -> int:
        """Remove what dead writers spooled. The bucket has nothing unfinished: an object is there whole or not."""
        return remove_dead(self.cache.spooled())

    def check(self) -> None:
        """The bucket answers with these credentials. Raises StorageError."""
        next(self._pages("", 1))

    # --- the bucket ---

    def _fetch(self, key: str, file: IO[bytes]) -> dt.datetime:
        """Write the object into `file`, checked against the CRC-32 that was stored with it."""
        answer = self._call("get_object", key)
        size = crc = 0
        for chunk in _each(answer["Body"].iter_chunks(_CHUNK)):
            rest = memoryview(chunk)
            try:
                while rest:
                    rest = rest[file.write(rest) :]
            except OSError as error:
                raise StorageError(f"cannot write: {error.strerror}") from error
            size, crc = size + len(chunk), isal_zlib.crc32(chunk, crc)
        if size != answer["ContentLength"]:
            raise StorageError("S3 sent less than it announced")
        if answer["Metadata"].get(_CRC, f"{crc:08x}") != f"{crc:08x}":
            raise DamagedError("crc")
        return _stored_at(answer)

    def _size_or_none(self, key: str) -> int | None:
        try:
            if found := self.cache.find(must_be_key(key)):
                return found.stat().st_size
            return self.size(key)
        except FileNotFoundError:
            return None

    def _upload_in_parts(self, key: str, file: BinaryIO, extra: dict[str, Any]) -> None:
        upload = self._call("create_multipart_upload", key, **extra)["UploadId"]
        try:
            parts: list[dict[str, Any]] = []
            while data := file.read(PART_BYTES):
                part = {"PartNumber": len(parts) + 1, "UploadId": upload}
                answer = self._call("upload_part", key, Body=data, ContentMD5=_md5([data]), **part)
                parts.append({"PartNumber": part["PartNumber"], "ETag": answer["ETag"]})
            self._call("complete_multipart_upload", key, UploadId=upload, MultipartUpload={"Parts": parts})
        except BaseException:
            with contextlib.suppress(StorageError):
                self._call("abort_multipart_upload", key, UploadId=upload)
            raise

    def _folders(self, below: str) -> Iterator[str]:
        for answer in self._pages(below, Delimiter="/"):
            for row in answer.get("CommonPrefixes", ()):
                yield row["Prefix"].removeprefix(self._bucket.prefix)

    def _pages(self, below: str, most: int = 1000, **options: str) -> Iterator[dict[str, Any]]:
        more: dict[str, str] = {}
        while True:
            answer = self._ask(
                "list_objects_v2", Prefix=f"{self._bucket.prefix}{below}", MaxKeys=most, **options, **more
            )
            yield answer
            if not answer.get("IsTruncated"):
                return
            more = {"ContinuationToken": answer["NextContinuationToken"]}

    def _call(self, operation: str, key: str, **options: Any) -> dict[str, Any]:
        return self._ask(operation, Key=f"{self._bucket.prefix}{must_be_key(key)}", **options)

    def _ask(self, operation: str, **options: Any) -> dict[str, Any]:
        """One call; FileNotFoundError for an object that is not there, StorageError for all else that fails."""
        client = self._client()
        answer: dict[str, Any] = _told(
            lambda: getattr(client, operation)(Bucket=self._bucket.name, **options)
        )
        return answer

    def _encryption(self) -> dict[str, str]:
        sse = {"ServerSideEncryption": self._bucket.sse} if self._bucket.sse else {}
        return sse | ({"SSEKMSKeyId": self._bucket.sse_key} if self._bucket.sse_key else {})

    def _client(self) -> Any:
        """The client of this process: connections must not be shared over a fork."""
        found = self._clients.get(os.getpid())
        if found is not None:
            return found
        with self._making:
            if os.getpid() not in self._clients:
                self._clients = {os.getpid(): _client(self._bucket, self._credentials)}
            return self._clients[os.getpid()]


def _client(bucket: Bucket, credentials: Credentials) -> Any:
    import boto3  # half a second that an installation without S3 need not wait

    key, secret = credentials
    return boto3.session.Session().client(
        "s3", endpoint_url=bucket.endpoint, region_name=bucket.region or ("us-east-1" if bucket.endpoint else None),
        aws_access_key_id=key or None, aws_secret_access_key=secret or None,
        config=Config(
            connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, max_pool_connections=2 * AT_ONCE,
            retries={"mode": "standard", "total_max_attempts": TRIES}, s3={"addressing_style": "path"},
            # ours are Content-MD5, which every server checks, and a CRC-32 of our own: many know no other
            request_checksum_calculation="when_required", response_checksum_validation="when_required",
        ),
    )  # fmt: skip


def _told(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _GONE:
            raise FileNotFoundError(code) from error
        raise StorageError(f"S3 refuses: {code}") from error
    except BotoCoreError as error:
        raise StorageError(f"S3 does not answer: {type(error).__name__}") from error


def _each(parts: Iterator[bytes]) -> Iterator[bytes]:
    while (part := _told(lambda: next(parts, None))) is not None:
        yield part


def _stored_at(answer: dict[str, Any]) -> dt.datetime:
    with contextlib.suppress(KeyError, ValueError):
        return dt.datetime.fromisoformat(answer["Metadata"][_AT])
    moment: dt.datetime = answer["LastModified"]
    return moment


def _md5(parts: Iterable[bytes], file: BinaryIO | None = None) -> str:
    """Content-MD5 (RFC 1864) of bytes; `file`, from which they come, is at its beginning again."""
    digest = hashlib.md5(usedforsecurity=False)
    for part in parts:
        digest.update(part)
    if file is not None:
        file.seek(0)
    return base64.b64encode(digest.digest()).decode()
