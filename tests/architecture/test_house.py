"""Habits of the house that no linter knows: file length, one shape of app, rules that name every room."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "placa"
DOMAIN = SOURCE / "domain"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = {contract["id"]: contract for contract in PROJECT["tool"]["importlinter"]["contracts"]}
LONGEST_FILE = 400
APPS = sorted(path.parent.name for path in DOMAIN.glob("*/apps.py"))


def tracked(*patterns: str) -> list[Path]:
    """Files that git knows, or would add, and that match one of `patterns`."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in listing.stdout.splitlines() if (ROOT / line).is_file()]


def test_no_source_file_outgrows_a_reader():
    files = tracked("*.py", "*.ts", "*.html", "*.css")
    lengths = {file: len(file.read_text().splitlines()) for file in files if "migrations" not in file.parts}
    assert {str(f.relative_to(ROOT)): n for f, n in lengths.items() if n > LONGEST_FILE} == {}


def test_every_domain_app_stands_in_the_layers():
    layers = " ".join(CONTRACTS["layers"]["layers"])
    assert [app for app in APPS if not re.search(rf"placa\.domain\.{app}\b", layers)] == []


def test_every_door_stands_in_the_independence_rule():
    doors = {f"placa.interfaces.{path.parent.name}" for path in SOURCE.glob("interfaces/*/__init__.py")}
    assert doors - set(CONTRACTS["doors"]["modules"]) == set()


@pytest.mark.parametrize("app", ["archive", "reports"])
@pytest.mark.parametrize("module", ["models", "selectors"])
def test_studies_and_reports_are_out_of_reach_of_the_doors(app, module):
    name = f"placa.domain.{app}.{module}"
    exists = (DOMAIN / app / f"{module}.py").exists() or (DOMAIN / app / module).is_dir()
    assert (name in CONTRACTS["studies-come-from-access"]["forbidden_modules"]) == exists


def test_import_rules_hold():
    result = subprocess.run(
        [ROOT / ".venv/bin/lint-imports", "--no-logo"], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout


def test_nobody_asks_the_registry_for_a_model():
    """Ruff bans `django.apps.apps.get_model` by that name, and sees no other way to reach a registry."""
    wrong = [
        str(file.relative_to(ROOT))
        for file in tracked("src/**/*.py", "src/*.py")
        if "migrations" not in file.parts and re.search(r"\bget_model\(", file.read_text())
    ]
    assert wrong == []
