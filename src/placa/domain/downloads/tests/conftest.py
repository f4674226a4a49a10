"""The render pool of a test process starts with the first picture, on a machine shared with others."""

import pytest

from placa.domain.downloads import package


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "WAIT_SECONDS", 120.0)
