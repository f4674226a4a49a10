"""The Chromium in which tests look at pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.viewer.driver import CHROMIUM, FLAGS


@contextmanager
def launched() -> Iterator[Browser]:
    """The installed Chromium, drawing WebGL in software; without one the test is skipped.

    Where Playwright's loop runs, Django refuses the database: keep it no longer than a module of tests.
    """
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
