"""Many small files of a study kept as one: made once, one after another, with the list of where each begins beside it.

What could not be made is not in the list; where it may go right another time, the whole is made anew after a while.
"""

import json
import math
import secrets
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from placa.common import clock
from placa.domain.archive.rendering import RenderUnavailable
from placa.domain.archive.storage import StorageError
from placa.domain.downloads import folder
from placa.domain.downloads.directory import Contents, Item
from placa.domain.downloads.errors import NotReadyError
from placa.standards.zipstream import Entry, FileSpan

AT_ONCE = 2  # the render pool's workers
AGAIN_SECONDS = 3600.0  # after which what failed, and was not refused, is tried again
K = TypeVar("K")
V = TypeVar("V")
Made = bytes | None  # empty: there can be none; None: it went wrong, and may go right another time


class Part(NamedTuple):
    """One frame (from 1) in the file of the study, and its path in the ZIP."""

    name: str
    item: Item
    frame: int
    size: int
    crc32: int
    place: FileSpan


@dataclass(frozen=True, slots=True)
class Pack:
    """Packs of one kind, which begins the names of their files; what is beyond `most_bytes` is left out."""

    kind: str
    most_bytes: float = math.inf

    def is_prepared(self, contents: Contents) -> bool:
        """Whether this state of the study has its pack; where something went wrong, for a while only."""
        try:
            kept = json.loads(self._list(contents).read_bytes())
        except FileNotFoundError:
            return False
        return clock.now().timestamp() < (kept["again_at"] or math.inf)

    def write(self, contents: Contents, made: Iterable[tuple[Item, int, Made]]) -> None:
        """Keep what is `made`, or nothing where that raises."""
        # a name of its own: two that prepare at once must not mix their lists with the other's file
        pack = folder.file_of(contents.study, f"{self.kind}-{contents.key}-{secrets.token_hex(4)}")
        pack.parent.mkdir(parents=True, exist_ok=True)
        rows, failed = [], False
        try:
            with pack.open("xb") as file:
                for item, frame, one in made:
                    failed |= one is None
                    if file.tell() + len(one or b"") > self.most_bytes:
                        break
                    if one:
                        rows.append((item.instance.pk, frame, file.tell(), len(one), zlib.crc32(one)))
                        file.write(one)
        except BaseException:
            pack.unlink(missing_ok=True)
            raise
        again_at = clock.now().timestamp() + AGAIN_SECONDS if failed else None
        kept = {"pack": pack.name, "rows": rows, "again_at": again_at}
        folder.keep(self._list(contents), [json.dumps(kept).encode()])
        folder.drop_replaced(contents.study, f"{self.kind}-", pack.name)
        folder.drop_replaced(contents.study, f"{self.kind}.", self._list(contents).name)

    def parts(
        self, contents: Contents, items: Sequence[Item], name: Callable[[Item, int], str]
    ) -> list[Part]:
        """What is kept of `items`, in their order. Raises FileNotFoundError where nothing was written yet."""
        by_pk = {item.instance.pk: item for item in items}
        kept = json.loads(self._list(contents).read_bytes())
        folder.used(self._list(contents))
        pack = folder.file_of(contents.study, kept["pack"])
        return [
            Part(name(by_pk[pk], frame), by_pk[pk], frame, size, crc32, FileSpan(pack, offset))
            for pk, frame, offset, size, crc32 in kept["rows"]
            if pk in by_pk
        ]

    def _list(self, contents: Contents) -> Path:
        return folder.file_of(contents.study, f"{self.kind}.{contents.key}")


def entries(parts: Iterable[Part]) -> Iterator[Entry]:
    """The parts as entries of the ZIP."""
    for part in parts:
        yield Entry(part.name, part.size, part.crc32, part.place)


def in_order(jobs: Iterable[tuple[K, Callable[[], V]]]) -> Iterator[tuple[K, V]]:
    """What each job returns, in their order; few ahead of the reader, so that memory stays flat.

    Raises NotReadyError where the render pool or the storage is away.
    """
    pool = ThreadPoolExecutor(AT_ONCE)
    waiting: deque[tuple[K, Future[V]]] = deque()
    try:
        for key, job in jobs:
            waiting.append((key, pool.submit(job)))
            if len(waiting) > AT_ONCE:
                first, future = waiting.popleft()
                yield first, future.result()
        for first, future in waiting:
            yield first, future.result()
    except (RenderUnavailable, StorageError) as error:
        raise NotReadyError from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
