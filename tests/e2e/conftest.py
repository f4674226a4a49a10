"""The portal of the journeys, started once, and the people who visit it."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.chromium import launched
from tests.e2e.portal import ROOT, STORESCU, Portal
from tests.e2e.visitor import Visitor
from tests.viewer.driver import CHROMIUM

BUILD = ROOT / "src/placa/interfaces/web/ui/static/build/viewer/manifest.json"
Visit = Callable[..., Visitor]


# no longer than this room: its services would take turns with every test that follows
@pytest.fixture(scope="package")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Every service of Placa on free ports, with the people of the cast and none of their studies."""
    for program in (CHROMIUM, STORESCU, "/usr/bin/dcmdump"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    if not BUILD.exists():
        pytest.skip("The viewer is not built: run `npm run build` in viewer/")
    running = Portal(tmp_path_factory.mktemp("portal"))
    running.set_up()
    try:
        running.start()
        yield running
    finally:
        running.stop()
    assert running.complaints() == []


# a module long: where Playwright's loop runs, Django refuses the database to whatever test comes next
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The installed Chromium."""
    with launched() as browser:
        yield browser


@pytest.fixture
def visit(portal: Portal, chromium: Browser) -> Iterator[Visit]:
    """Makes visitors; at the end of the test each must have met nothing wrong."""
    visitors: list[Visitor] = []

    def make(size: str = "desk", language: str = "es") -> Visitor:
        visitors.append(Visitor(chromium, portal.url, size, language))
        return visitors[-1]

    yield make
    for one in visitors:
        one.context.close()
    assert [trouble for one in visitors for trouble in one.troubles] == []
