"""The conformance statement says what the code does."""

import importlib.util

from tests.architecture.test_house import ROOT


def test_the_conformance_statement_is_not_stale():
    spec = importlib.util.spec_from_file_location("conformance", ROOT / "scripts/conformance.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.PAGE.read_text() == script.statement(), "run `make docs`"
