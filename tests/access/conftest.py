"""The world of the matrix, built once a module and undone after it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from tests.access.world import World, build


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """The world, in a transaction around those of the tests."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build()
        transaction.set_rollback(True)


@pytest.fixture
def world(built: World, db: None) -> World:
    """The world, for a test that may change it."""
    return built


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how large the matrix was, where it was asked."""
    if not any("test_matrix" in report.nodeid for report in terminalreporter.getreports("passed")):
        return
    from placa.domain.access import rules
    from tests.access.asking import size
    from tests.access.routes import routes
    from tests.access.test_switched_off import CONDITIONS, OF_VIEWERS

    switched = len({g for gs in rules.GRANTS.values() for g in gs}) + len(rules.RESTRICTIONS)
    inside = len(CONDITIONS) + len(OF_VIEWERS)
    terminalreporter.write_line(
        f"access matrix: {size()} cells, {len(routes())} routes, "
        f"{switched} rules and {inside} conditions switched off"
    )
