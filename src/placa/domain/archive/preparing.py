"""What is made ready before anybody asks: metadata, previews, and the pictures that the viewer shows first.

Every step looks at what is there already, so that it may be broken off and begun again at any moment.
"""

import contextlib
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate, islice, zip_longest

from django.db.models import F

from placa.domain.archive import metadata, rendering, selectors
from placa.domain.archive.indexing import SHOWN
from placa.domain.archive.models import Instance, Series, Study
from placa.domain.archive.rendering import RenderRefused
from placa.domain.archive.storage import DamagedError

Work = Callable[[Study], None]
Picture = tuple[Instance, int]

DRAWN = SHOWN - {"video"}
WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"  # thousands of tiles, which nobody looks at one by one
PICTURES_OF_A_STUDY = 2000  # of more, the outer ones are drawn when somebody scrolls there
_LEFT_OUT = (RenderRefused, IndexError, FileNotFoundError, DamagedError)
_LOOK_AGAIN = 64  # pictures after which a newer study may take its turn


def prepare_previews(study: Study) -> None:
    """Draw the pictures that stand for a study and its series, and what the viewer opens each series with.

    Raises RenderUnavailable, StorageError. What cannot be drawn is left out: `rendering` remembers why.
    """
    series = list(selectors.series_of(study))
    standing = selectors.preview_of_study(study)
    for preview in filter(None, [standing, *map(selectors.preview_of_series, series)]):
        if preview.instance.kind not in DRAWN:
            continue
        with contextlib.suppress(*_LEFT_OUT):
            rendering.prepare_preview(preview.instance, preview.frame)


def prepare_study(study: Study) -> None:
    """Put a study's metadata together, and its previews. Raises RenderUnavailable, StorageError."""
    metadata.blob(study)
    prepare_previews(study)


def draw(seconds: float) -> bool:
    """Draw for the viewer what is missing, the newest study first, for so long; whether something is left.

    Raises RenderUnavailable, StorageError.
    """
    until = time.monotonic() + seconds
    while (study := _newest_unprepared()) is not None:
        version = study.metadata_version
        if not _draw_study(study, until):
            if time.monotonic() > until:
                return True
            continue
        Study.objects.filter(pk=study.pk, prepared_version__lt=version).update(prepared_version=version)
    return False


def is_something_left() -> bool:
    """Whether a study has got something since its pictures were drawn."""
    return _newest_unprepared() is not None


def _newest_unprepared() -> Study | None:
    online = Study.objects.filter(availability=Study.Availability.ONLINE)
    return online.filter(metadata_version__gt=F("prepared_version")).order_by("-last_received_at").first()


def _draw_study(study: Study, until: float) -> bool:
    """Draw what is missing of a study; False where time was over or a newer study came."""
    drawn = 0
    for instance, frame in islice(_pictures(study), PICTURES_OF_A_STUDY):
        if time.monotonic() > until:
            return False
        with contextlib.suppress(*_LEFT_OUT):
            if rendering.prepare_picture(instance, frame):
                drawn += 1
                if drawn % _LOOK_AGAIN == 0 and _newest_unprepared() != study:
                    return False
    return True


def _pictures(study: Study) -> Iterator[Picture]:
    """What the viewer can show of a study, as (instance, frame): the middle of each series first, then outwards."""
    for row in zip_longest(*map(_of_series, selectors.series_of(study))):
        yield from filter(None, row)


def _of_series(series: Series) -> Iterator[Picture]:
    """A series' frames, from its middle outwards; whatever number of them an object claims to have."""
    shown = selectors.instances_of(series).filter(kind__in=DRAWN).exclude(sop_class_uid=WHOLE_SLIDE)
    rows = list(shown.defer("frame_offsets"))  # all that drawing reads: else each picture costs a query more
    ends = list(accumulate(one.number_of_frames for one in rows))
    for at in islice(_outwards(ends[-1] if ends else 0), PICTURES_OF_A_STUDY):
        number = bisect_right(ends, at)
        yield rows[number], at - ends[number] + rows[number].number_of_frames + 1


def _outwards(count: int) -> Iterator[int]:
    """0 … count - 1, the middle first."""
    middle = count // 2
    for distance in range(middle + 1):
        if distance:
            yield middle - distance
        if middle + distance < count:
            yield middle + distance
