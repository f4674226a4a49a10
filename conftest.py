"""The world in which tests run: the cast, loaded once a worker, and a clock that may be moved."""

import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

ELSEWHERE = ("browser", "peer", "slow")  # whole processes: they bring a database of their own
# what takes longest begins first, else a worker ends alone with it
LONG_FIRST = (
    "tests/e2e", "tests/viewer", "tests/offline", "tests/integration", "tests/access/test_routes", "tests/access",
    "src/placa/interfaces/dicomweb", "src/placa/interfaces/dimse",
)  # fmt: skip
# rooms whose services take long to start: one worker has the whole room
TOGETHER = ("tests/e2e/", "tests/offline/")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `--dist loadfile` a worker takes a file at a time, in the order of the collection, or a whole room."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False  # most tests first is not the longest first
    scheduler = LoadFileScheduling(config, log)
    scheduler._split_scope = _unit
    return scheduler


def _unit(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    return next((room for room in TOGETHER if file.startswith(room)), file)


def _place(item: pytest.Item) -> int:
    return next((n for n, room in enumerate(LONG_FIRST) if item.nodeid.startswith(room)), len(LONG_FIRST))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes longest first, file by file as it was.

    The pass on PostgreSQL has what asks the database, and nothing twice for what a browser or a peer shows.
    """
    items.sort(key=_place)
    if os.environ.get("PLACA_TEST_DATABASE") != "postgres":
        return
    left = [
        item for item in items if _asks_database(item) and not any(map(item.get_closest_marker, ELSEWHERE))
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(left)])
    items[:] = left


def pytest_collection_finish() -> None:
    """What is there by now stays: collecting garbage among it took an eighth of the processor's time."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _asks_database(item: pytest.Item) -> bool:
    wanted = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(wanted & {"db", "world", "built"})


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> None:
    """The migrated database with the cast in it; every test sees it in a transaction of its own."""
    from placa.demo import cast, rows

    with django_db_blocker.unblock():  # type: ignore[attr-defined]  # pytest-django does not export its type
        cast.institution_and_sites()
        cast.people()
        cast.orders()
        rows.studies()


@pytest.fixture(autouse=True)
def _no_memory() -> Iterator[None]:
    """Settings remembered from one test are not the next one's."""
    from placa.domain.institution import selectors

    selectors.forget()
    yield
    selectors.forget()


@pytest.fixture
def never_locked(db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, str], list[str]]:
    """`never_locked(module, "name")`: that slow function runs outside of every transaction of the code under test.

    SQLite has one write lock, and a transaction takes it at its begin. Returns the list of calls.
    """
    from django.db import connection

    outermost = len(connection.savepoint_ids)

    def watch(module: Any, name: str) -> list[str]:
        calls: list[str] = []
        original = getattr(module, name)

        def watched(*args: Any, **options: Any) -> Any:
            assert len(connection.savepoint_ids) == outermost, f"{name} runs inside a transaction"
            calls.append(name)
            return original(*args, **options)

        monkeypatch.setattr(module, name, watched)
        return calls

    return watch


@pytest.fixture
def archive(tmp_path: Path, settings: Any) -> Path:
    """An empty home with an empty storage for this test; the storage's root."""
    root = tmp_path / "archive"
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, home=tmp_path, storage_url=f"file://{root}")
    return root
