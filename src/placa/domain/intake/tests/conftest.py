"""An archive of its own for each test."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings as django_settings


@pytest.fixture
def archive(tmp_path: Path, settings: pytest.FixtureRequest) -> Iterator[Path]:
    """An empty storage; its root."""
    root = tmp_path / "archive"
    environment = replace(django_settings.ENVIRONMENT, storage_url=f"file://{root}")
    settings.ENVIRONMENT = environment  # type: ignore[attr-defined]  # pytest-django's settings wrapper
    yield root
