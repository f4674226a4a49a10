"""Listeners for tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from placa.interfaces.dimse.tests.listener import Child, listening, placa


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an empty, migrated database."""
    home = tmp_path_factory.mktemp("template") / "home"
    placa("migrate", home=home)
    return home


@pytest.fixture(scope="module")
def listener(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """A demo listener, one a module."""
    with listening(migrated, tmp_path_factory.mktemp("listener") / "home") as child:
        yield child
