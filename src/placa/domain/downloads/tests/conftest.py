"""The render pool of a test process starts with the first picture, on a machine shared with others."""

import pytest

from placa.domain.downloads import offline, package


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "WAIT_SECONDS", 120.0)


@pytest.fixture(autouse=True)
def _viewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ZIP has its viewer, whether or not it is built here."""
    monkeypatch.setattr(offline, "program", lambda: b"// the viewer\n")
