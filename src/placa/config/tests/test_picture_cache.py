"""How much drawn pictures may take is a whole number of gigabytes, or nothing starts."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from placa.config import environment


def test_twenty_gigabytes_unless_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLACA_PICTURE_CACHE_GB", raising=False)
    assert environment.load(environment.ROOT).picture_cache_bytes == 20_000_000_000
    monkeypatch.setenv("PLACA_PICTURE_CACHE_GB", "3")
    assert environment.load(environment.ROOT).picture_cache_bytes == 3_000_000_000


@pytest.mark.parametrize("text", ["", "-1", "2.5", "all", "1000000000"])
def test_anything_else_is_said_at_start(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PLACA_PICTURE_CACHE_GB", text)
    with pytest.raises(ImproperlyConfigured, match="PLACA_PICTURE_CACHE_GB"):
        environment.load(environment.ROOT)
