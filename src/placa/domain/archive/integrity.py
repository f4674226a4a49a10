"""Nothing is served that is not what was stored: size and CRC-32 of a file are compared with its row (decision 0017).

A file up to `SMALL` is summed at every read; that costs less than the request around it. A larger one is summed once
a process, and again when its file changed or an hour went by. What is found wrong is noted in the row and told to
staff; the note goes when the file is found whole again.
"""

import errno
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from django.db import transaction
from isal import isal_zlib

from placa.common import clock
from placa.domain.archive.hooks import damage_changed
from placa.domain.archive.models import Instance, Study
from placa.domain.archive.storage import DamagedError, StorageError, Sum, storage
from placa.domain.archive.storage.files import chunks, pread, sum_of
from placa.domain.audit import services as audit

T = TypeVar("T")
Damage = Instance.Damage
Stamp = tuple[int, int, int]
Span = tuple[int, int]  # offset, length in bytes
SMALL = 4 * 1024 * 1024  # bytes
TRUST_SECONDS = 3600.0
_REMEMBERED = 4096
_summed: OrderedDict[str, tuple[Stamp, float]] = (
    OrderedDict()
)  # by key: what the file was like, when it was summed
_lock = threading.Lock()


def path_of(instance: Instance) -> Path:
    """The stored file, whole as it came. Raises DamagedError, StorageError."""
    try:
        return _twice(instance, _summed_path)
    except (OSError, DamagedError) as error:
        raise _noted(instance, error) from error


def _summed_path(instance: Instance) -> Path:
    path = storage().path(instance.storage_key)
    stat = path.stat()
    stamp = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
    if instance.damage or not _is_trusted(instance, stamp):
        with path.open("rb") as file:
            _must_be(instance, sum_of(chunks(file)))
        _trust(instance, stamp)
    return path


def _twice(instance: Instance, look: Callable[[Instance], T]) -> T:
    """`look`; where the sum is wrong once more, from the storage itself: the local copy may be what is damaged."""
    try:
        return look(instance)
    except DamagedError:
        storage().forget(instance.storage_key)
        return look(instance)


def read(instance: Instance, spans: Sequence[Span]) -> bytes:
    """The parts (offset, length) of the stored file, joined. Raises DamagedError, StorageError."""
    return b"".join(parts(instance, spans))


def parts(instance: Instance, spans: Sequence[Span]) -> list[bytes]:
    """The same, one by one. A small file is read once, for its sum and its parts alike."""
    try:
        if instance.bytes > SMALL:
            path_of(instance)
            store, key = storage(), instance.storage_key
            return [store.read(key, offset, length) for offset, length in spans]
        return _twice(instance, partial(_summed_parts, spans))
    except (OSError, DamagedError) as error:
        raise _noted(instance, error) from error


def _summed_parts(spans: Sequence[Span], instance: Instance) -> list[bytes]:
    """Read in pieces that end where a part begins or ends: half a megabyte need not be copied out of a whole file."""
    edges = {0, instance.bytes, *(edge for offset, length in spans for edge in (offset, offset + length))}
    pieces: dict[int, bytes] = {}
    crc = 0
    with storage().open(instance.storage_key) as file:
        for start, stop in pairwise(sorted(edges)):
            pieces[start] = pread(file, start, stop - start)
            crc = isal_zlib.crc32(pieces[start], crc)
        size = os.fstat(file.fileno()).st_size
    _must_be(instance, Sum(size, crc))
    return [
        b"".join(piece for at, piece in pieces.items() if offset <= at < offset + length)
        for offset, length in spans
    ]


def refuse_damaged(instances: Sequence[Instance]) -> None:
    """Look again at those that are noted as damaged, before a stream of all begins. Raises DamagedError."""
    for instance in instances:
        if instance.damage:
            path_of(instance)


def look_again(instance_id: int) -> None:
    """Something was wrong with a file while it was sent: note what it is. Raises DamagedError where it still is."""
    instance = Instance.objects.get(pk=instance_id)
    with _lock:
        _summed.pop(instance.storage_key, None)
    path_of(instance)


def examine(instance: Instance) -> str:
    """Sum the stored bytes themselves, never a cached copy, and note the result; "" where all is well.

    Raises StorageError where the storage is away: then nothing is known, and nothing is noted.
    """
    try:
        _must_be(instance, storage().sum(instance.storage_key))
    except (OSError, DamagedError) as error:
        return _noted(instance, error).what
    return ""


def is_whole(instance: Instance) -> bool:
    """Whether the stored bytes are what the row says; notes nothing. Raises StorageError where the storage is away."""
    try:
        return storage().sum(instance.storage_key) == Sum(instance.bytes, instance.crc32)
    except OSError:
        return False


def _is_trusted(instance: Instance, stamp: Stamp) -> bool:
    found = _summed.get(instance.storage_key)
    return found is not None and found[0] == stamp and time.monotonic() - found[1] < TRUST_SECONDS


def _trust(instance: Instance, stamp: Stamp) -> None:
    if instance.bytes <= SMALL:
        return
    with _lock:
        _summed[instance.storage_key] = (stamp, time.monotonic())
        while len(_summed) > _REMEMBERED:
            _summed.popitem(last=False)


def _must_be(instance: Instance, found: Sum) -> None:
    if found.size != instance.bytes:
        raise DamagedError(Damage.SIZE)
    if found.crc32 != instance.crc32:
        raise DamagedError(Damage.CRC)
    if instance.damage:
        _note(instance, "")


def _noted(instance: Instance, error: OSError | DamagedError) -> DamagedError:
    """What `error` says of the file, noted in its row. Raises StorageError where it says nothing of it."""
    if isinstance(error, DamagedError):
        found = DamagedError(Damage(error.what))
    elif isinstance(error, FileNotFoundError):
        storage().check()  # a storage that is away has no file missing
        found = DamagedError(Damage.MISSING)
    elif error.errno == errno.EIO:
        found = DamagedError(Damage.UNREADABLE)
    else:
        raise StorageError(f"cannot read: {error.strerror}") from error
    if (
        instance.damage != found.what and not instance._state.adding
    ):  # of a part of a row nothing can be noted
        _note(instance, found.what)
    return found


@transaction.atomic
def _note(instance: Instance, what: str) -> None:
    """Write `what` into the row, unless another file took the place or its study is not here on purpose."""
    rows = Instance.objects.filter(
        pk=instance.pk, storage_key=instance.storage_key, study__availability=Study.Availability.ONLINE
    ).exclude(damage=what)
    row = rows.select_related("study").first()
    if row is None or not rows.update(damage=what, damaged_at=clock.now() if what else None):
        return
    instance.damage = what
    audit.record(
        action="file_damaged" if what else "file_whole", actor="system", study_uid=row.study.study_instance_uid,
        detail={"instance": row.pk, "what": what},
    )  # fmt: skip
    damage_changed.send(row.study_id)
