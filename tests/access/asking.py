"""Asks the selectors for every cell of the matrix, and says where they differ from the table."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from django.db import transaction

from placa.domain.access import rules, search, selectors
from placa.domain.access.moment import moment
from placa.domain.access.viewers import Viewer
from placa.domain.institution import selectors as institution
from tests.access.cast_of_matrix import PERSONAS, REPRESENTATIVES, SCENES, SCOPED
from tests.access.states import COPIES, NOW, STATES
from tests.access.table import PLAIN, SCOPES, read
from tests.access.world import World

Cells = dict[tuple[str, str], str]  # (state, copy) -> "ripds"
NOTHING = "-----"
LETTER = dict(zip(rules.FACETS, "ripds", strict=True))
# a visit code is of one study, and so a query: under the scenes these states are asked
OF_A_SCENE = (
    "released", "released_this_second", "pending", "hand_delivery", "exclusive_by_hand", "unlinked",
    "unlinked_by_hand", "online_45_days", "unread_8_days_less_a_second",
)  # fmt: skip


@contextmanager
def undone() -> Iterator[None]:
    """What is written inside is not written."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    institution.forget()


@contextmanager
def one_moment() -> Iterator[None]:
    """The settings read once for all questions inside: they do not change there, and reading them takes longest."""
    when = moment(NOW)
    with mock.patch.object(selectors, "moment", return_value=when):
        yield


def expected(persona: str, scene: str) -> Cells:
    """What the table says: the plain cells, and over them what the scene changes."""
    plain, changed = read(PLAIN), read(SCENES[scene][1])
    cells = {}
    for copy, column in PERSONAS[persona].sees.items():
        for state in STATES:
            cells[state, copy] = changed.get(state, {}).get(column) or plain[state][column]
    return cells


def answered(world: World, viewers: list[Viewer]) -> Cells:
    """What the selectors say, facet by facet, each asked by itself; with two viewers, what either has."""
    cells: dict[tuple[str, str], set[str]] = {}
    for viewer in viewers:
        for facet in rules.FACETS:
            found = selectors.studies_visible_to(viewer, at=NOW, need=facet).values_list("pk", flat=True)
            pks = list(found)
            assert len(pks) == len(set(pks)), f"{facet}: a study is listed twice"
            known = selectors.known_visible_to(viewer, at=NOW, need=facet).values_list("pk", flat=True)
            assert set(known) == set(pks), f"{facet}: asked one by one the rules say otherwise"
            for cell in world.cells(pks):
                cells.setdefault(cell, set()).add(LETTER[facet])
    return {cell: "".join(c if c in got else "-" for c in "ripds") for cell, got in cells.items()}


def listed(viewer: Viewer, size: int = 7) -> list[int]:
    """Keys of a viewer's rows as lists show them, page by page."""
    found, cursor, keys = selectors.listed(viewer), "", list[int]()
    while True:
        page = search.page(found, cursor, size)
        keys += [study.pk for study in page.rows]
        if not (cursor := page.next):
            return keys


def answered_at_once(world: World, viewers: list[Viewer]) -> Cells:
    """The same from one query a viewer: the rows, and what each says it may."""
    cells = {}
    back = {pk: cell for cell, pk in world.studies.items()}
    for viewer in viewers:
        flags = ("pk", "may_images", "may_report", "may_download", "may_share")
        for pk, *may in selectors.studies_visible_to(viewer, at=NOW).values_list(*flags):
            cells[back[pk]] = "".join(c if ok else "-" for c, ok in zip("ripds", (True, *may), strict=True))
    return cells


def differences(wanted: Cells, got: Cells) -> list[str]:
    """Cells that differ, both ways: what is missing and what is too much."""
    found = []
    for state, copy in sorted(wanted.keys() | got.keys()):
        want, have = wanted.get((state, copy), NOTHING), got.get((state, copy), NOTHING)
        if want != have:
            found.append(f"{state}/{copy}: should be {want}, is {have}")
    return found


def asked(world: World, persona: str, scene: str, *, at_once: bool = False) -> list[str]:
    """The differences of one persona in one scene."""
    with undone():
        SCENES[scene][0]()
        viewers = PERSONAS[persona].make(world)
        wanted = expected(persona, scene)
        if len(viewers) == len(STATES) and (scene != "defaults" or not wanted):
            viewers = [v for v, state in zip(viewers, STATES, strict=True) if state in OF_A_SCENE]
            wanted = {cell: code for cell, code in wanted.items() if cell[0] in OF_A_SCENE}
        with one_moment():
            got = answered_at_once(world, viewers) if at_once else answered(world, viewers)
        return differences(wanted, got)


def asked_scope(world: World, name: str, *, at_once: bool = False) -> list[str]:
    """The differences of one agreement or share of a certain scope, on the states that SCOPES names."""
    with undone():
        viewers = SCOPED[name][1](world)
        with one_moment():
            got = answered_at_once(world, viewers) if at_once else answered(world, viewers)
        wanted = {(state, "adult"): cell for state, cell in read(SCOPES)[name].items()}
        return differences(wanted, {cell: code for cell, code in got.items() if cell in wanted})


def size() -> int:
    """Number of cells asked: every persona by default, the representatives in each scene; codes as they are asked."""
    asked_so = [(name, "defaults") for name in PERSONAS]
    asked_so += [(name, scene) for name in REPRESENTATIVES for scene in SCENES]
    states = sum(
        len(OF_A_SCENE)
        if name.startswith("visit") and (scene != "defaults" or not PERSONAS[name].sees)
        else len(STATES)
        for name, scene in asked_so
    )
    scopes = sum(len(row) for row in read(SCOPES).values())
    return (states * len(COPIES) + scopes) * len(rules.FACETS)
