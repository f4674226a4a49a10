"""Getting the ZIP of a study ready ahead of time, and saying how far it is (7.3)."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from placa.common import clock
from placa.domain.access.viewers import Viewer
from placa.domain.archive.models import Study
from placa.domain.downloads import directory, package, pictures, pixels
from placa.domain.downloads.errors import MissingFileError, NothingToDownloadError, NotOnlineError
from placa.domain.downloads.package import Parts
from placa.domain.jobs.services import enqueue

SETTLED_SECONDS = 30  # without a new instance for so long, a study counts as complete


@dataclass(frozen=True, slots=True)
class ZipState:
    """How a ZIP stands. `bytes` is exact when ready, else what its DICOM files alone come to; `why` is a code."""

    state: Literal["preparing", "ready", "unavailable"]
    bytes: int = 0
    why: Literal["", "offline", "nothing", "missing"] = ""


def zip_state(viewer: Viewer, study_instance_uid: str, parts: Parts = "all") -> ZipState:
    """The state of the ZIP that `viewer` would get now; sets off what is missing. Raises NotVisible."""
    try:
        choice = package.choose(viewer, study_instance_uid, parts)
        if not package.is_prepared(choice):
            prepare_later(choice.study)
            return ZipState("preparing", sum(item.instance.bytes for item in choice.items))
        return ZipState("ready", package.package(choice).zip.size)
    except NotOnlineError:
        return ZipState("unavailable", why="offline")
    except NothingToDownloadError:
        return ZipState("unavailable", why="nothing")
    except MissingFileError:
        return ZipState("unavailable", why="missing")


def prepare_later(study: Study) -> None:
    """Queue the preparation of a study; one job at a time."""
    enqueue("downloads.prepare", study.pk, dedupe_key=f"downloads.prepare:{study.pk}", long=True)


def deflate_later(study_instance_uid: str) -> None:
    """Queue the deflating of a study whose compressed ZIP took longer than a page waits."""
    pk = Study.objects.values_list("pk", flat=True).get(study_instance_uid=study_instance_uid)
    enqueue("downloads.deflate", pk, dedupe_key=f"downloads.deflate:{pk}", long=True)


def finish_later(study_instance_uid: str) -> None:
    """Queue what a page could not wait for; what it began with is thrown away."""
    prepare_later(Study.objects.get(study_instance_uid=study_instance_uid))


def on_study_ready(study_id: int) -> None:
    """A study got its patient: its ZIP is prepared once its instances have all arrived."""
    wait_for_the_rest(study_id)


def wait_for_the_rest(study_id: int) -> None:
    """Queue the preparation for later, under a key of its own: whoever asks meanwhile need not wait for it."""
    enqueue(
        "downloads.prepare", study_id, dedupe_key=f"downloads.settle:{study_id}", long=True,
        run_after=clock.now() + dt.timedelta(seconds=SETTLED_SECONDS),
    )  # fmt: skip


def is_arriving(study: Study) -> bool:
    """Whether an instance came so lately that more are likely."""
    return (clock.now() - study.last_received_at).total_seconds() < SETTLED_SECONDS


def prepare_study(study: Study) -> None:
    """Read the headers, draw the pictures and pack the pixels of all instances. Raises NotReadyError, MissingFileError."""
    contents = directory.contents_of(study)
    if contents.items:
        directory.prepare(contents)
        pictures.prepare(contents)
        pixels.prepare(contents)
