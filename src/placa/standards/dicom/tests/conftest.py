"""Real files for the DICOM library: pydicom's packaged ones always, the shared set where PLACA_TESTDATA names
it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydicom.data import get_charset_files, get_testdata_file


def packaged(name: str) -> Path:
    """A file that comes inside the pydicom package (never a download)."""
    found = get_testdata_file(name, download=False) or next(iter(get_charset_files(name)), None)
    assert found is not None, f"pydicom packages no {name}"
    return Path(str(found))


@pytest.fixture(scope="session")
def testdata() -> Path:
    """The folder of shared imaging test data."""
    folder = os.environ.get("PLACA_TESTDATA")
    if not folder:
        pytest.skip("PLACA_TESTDATA is not set")
    return Path(folder)
