"""What a view hands to the components: small, typed, ready to show.

Views translate what `domain.access` gave them into these; components show them and decide nothing.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.utils.functional import Promise

Text = str | Promise
ChipKind = Literal["new", "ok", "wait", "info", "bad", "solid-bad", "mute", "accent", "line"]


@dataclass(frozen=True, slots=True)
class Chip:
    """A state in words with an icon; `title` holds the exact form (a whole date, for instance)."""

    kind: ChipKind
    icon: str
    text: Text
    title: Text = ""


@dataclass(frozen=True, slots=True)
class Opener:
    """One half of the icon pair: lit when it has a `url`, else grey and saying `why`.

    With `ask` it can be asked for: a button that posts there.
    """

    url: str = ""
    why: Text = ""
    ask: str = ""


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry of a menu: a link, a form post (`post`), or the opener of a dialog (`dialog`: its id)."""

    label: Text
    icon: str = ""
    url: str = ""
    post: bool = False
    dialog: str = ""
    danger: bool = False


@dataclass(frozen=True, slots=True)
class StudyRow:
    """One study in a list. `modality` (DICOM code, or LAB, EEG) chooses the drawing without preview."""

    title: Text
    url: str = ""
    when: dt.datetime | dt.date | None = None
    where: Text = ""
    who: Text = ""
    modality: str = ""
    thumbnail: str = ""
    picture_icon: str = ""
    dim: bool = False
    big: bool = False
    is_new: bool = False
    chips: Sequence[Chip] = field(default=())
    why: Text = ""
    why_link: tuple[str, Text] | None = None
    progress: int | None = None
    images: Opener = Opener()
    report: Opener = Opener()
    images_new_tab: bool = True
    share_url: str = ""
    menu: Sequence[MenuItem] = field(default=())


@dataclass(frozen=True, slots=True)
class Person:
    """An entry of the person switch."""

    name: Text
    url: str
    current: bool = False
    note: Text = ""
    child: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A term and what it says; an empty value shows *Not available*."""

    term: Text
    value: Text
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a guided task; done steps with a `url` can be gone back to."""

    label: Text
    url: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter chip: a link that says whether it is on."""

    label: Text
    url: str
    on: bool = False
    count: int | None = None
