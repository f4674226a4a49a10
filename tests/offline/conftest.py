"""ZIPs of the demo, unpacked once, and the Chromium of the journeys."""

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from placa.demo import cast, load
from placa.domain.access.viewers import roles_of, viewer_for
from placa.domain.accounts.models import User
from placa.domain.downloads import package
from tests.chromium import launched
from tests.offline.folder import PROGRAM, Reader

STUDIES = ("ana_ct", "ana_cr", "ana_us")
Open = Callable[..., Reader]


@pytest.fixture(scope="session")
def unpacked(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> dict[str, Path]:
    """Folders with what Ana takes along, by the study's key in the cast."""
    if not PROGRAM.exists():
        pytest.skip("The viewer is not built: run `npm run build` in viewer/")
    from django.conf import settings
    from django.db import transaction
    from django.utils import translation

    home, before = tmp_path_factory.mktemp("offline"), settings.ENVIRONMENT
    settings.ENVIRONMENT = replace(before, home=home, storage_url=f"file://{home}/archive")
    seconds, package.WAIT_SECONDS = package.WAIT_SECONDS, 300.0
    try:
        with django_db_blocker.unblock(), transaction.atomic(), translation.override("es"):
            folders = {key: _taken(cast.STUDIES[key], home / key) for key in STUDIES}
            transaction.set_rollback(True)
    finally:
        settings.ENVIRONMENT, package.WAIT_SECONDS = before, seconds
    return folders


def _taken(plan: cast.StudyPlan, folder: Path) -> Path:
    load.load_study(plan)
    user = User.objects.get(username="ana")
    made = package.open_package(viewer_for(user, roles_of(user)[0]), plan.uid)
    zipfile.ZipFile(io.BytesIO(b"".join(made.zip.stream()))).extractall(folder)
    return folder


@pytest.fixture
def browser(unpacked: dict[str, Path]) -> Iterator[Browser]:
    """A Chromium for one test: while Playwright's loop runs, Django refuses the database."""
    with launched() as running:
        yield running


@pytest.fixture
def read(unpacked: dict[str, Path], browser: Browser) -> Iterator[Open]:
    """Opens a study of the demo; at the end nothing may have gone wrong."""
    readers: list[Reader] = []

    def make(study: str = "ana_ct", size: str = "desk", language: str = "es") -> Reader:
        readers.append(Reader(browser, unpacked[study], size, language))
        return readers[-1]

    yield make
    for one in readers:
        one.close()
