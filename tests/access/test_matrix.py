"""The matrix: every persona asks for every study in every state, by every facet, under every scene."""

import pytest

from placa.domain.access import selectors
from tests.access.asking import asked, asked_scope, listed, one_moment, undone
from tests.access.cast_of_matrix import PERSONAS, REPRESENTATIVES, SCENES, SCOPED
from tests.access.states import NOW, STATES
from tests.access.table import PLAIN, SCOPES, read
from tests.access.world import World


@pytest.mark.parametrize("persona", PERSONAS)
def test_exact_visible_sets(world: World, persona: str) -> None:
    assert asked(world, persona, "defaults", at_once=persona.startswith("visit")) == []


@pytest.mark.parametrize("persona", PERSONAS)
def test_pages_list_the_same_studies_in_the_order_of_the_lists(world: World, persona: str) -> None:
    with undone():
        viewers = PERSONAS[persona].make(world)
        for viewer in viewers[:: len(viewers) // 4 or 1]:
            with one_moment():
                visible = selectors.studies_visible_to(viewer, at=NOW).values_list("pk", flat=True)
                assert listed(viewer) == list(visible)


@pytest.mark.parametrize("scene", SCENES)
def test_what_the_institution_chooses_changes_these_cells_only(world: World, scene: str) -> None:
    wrong = {
        persona: found for persona in REPRESENTATIVES if (found := asked(world, persona, scene, at_once=True))
    }
    assert wrong == {}


@pytest.mark.parametrize("name", SCOPED)
def test_agreements_and_shares_leave_what_they_say(world: World, name: str) -> None:
    assert asked_scope(world, name) == []


def test_the_table_has_a_row_for_every_state_and_a_column_for_every_persona() -> None:
    plain = read(PLAIN)
    assert plain.keys() == STATES.keys()
    columns = {column for row in PERSONAS.values() for column in row.sees.values()}
    assert columns == set(plain["released"])
    assert {c for name in REPRESENTATIVES for c in PERSONAS[name].sees.values()} == columns
    assert read(SCOPES).keys() == SCOPED.keys()
