"""What we ship: pinned, hashed, from no named host, not below a safe version, under a licence we may ship."""

import json
import re
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
FLOORS = tomllib.loads((Path(__file__).parent / "floors.toml").read_text())
LOCKS = ["requirements.txt", "requirements-dev.txt", "requirements-tools.txt"]
ALLOWED = re.compile(
    r"\b(MIT|MIT-0|BSD|0BSD|Apache|ISC|MPL|LGPL|PSF|Python Software Foundation|HPND|Zlib|Unlicense|CC0"
    r"|ZPL|Public Domain)\b",
    re.IGNORECASE,
)
CHOSEN = {"pyphen": "LGPL-2.1-or-later"}  # of several licences that the package offers, the one we take
FORBIDDEN = re.compile(r"(?<!L)(?<!Lesser )\b(A?GPL|GNU (Affero )?General Public)", re.IGNORECASE)


def pins(name: str) -> dict[str, Version]:
    """Package and version of every line of a requirements file."""
    lines = re.findall(r"^([A-Za-z0-9_.\[\]-]+==\S+)", (ROOT / name).read_text(), re.MULTILINE)
    parsed = [Requirement(line) for line in lines]
    return {canonicalize_name(r.name): Version(next(iter(r.specifier)).version) for r in parsed}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_no_host(lock):
    text = (ROOT / lock).read_text()
    entries = re.split(r"^(?=[a-zA-Z0-9])", text, flags=re.MULTILINE)
    assert [entry.split()[0] for entry in entries if "==" in entry and "--hash=sha256:" not in entry] == []
    assert re.findall(r"https?://\S+|--(?:extra-)?index-url.*|--find-links.*", text) == []


def test_the_development_set_holds_the_shipped_one():
    dev = pins("requirements-dev.txt")
    assert {
        name: version for name, version in pins("requirements.txt").items() if dev.get(name) != version
    } == {}


def test_the_lock_covers_every_declared_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = pins("requirements.txt")
    declared = [Requirement(line) for line in project["dependencies"]]
    unmet = [
        str(requirement)
        for requirement in declared
        if (version := locked.get(canonicalize_name(requirement.name))) is None
        or version not in requirement.specifier
    ]
    assert unmet == []


def test_no_pin_lies_below_its_floor():
    locked = pins("requirements-dev.txt")
    low = {
        name: str(locked[name])
        for name, floor in FLOORS["python"].items()
        if name in locked and locked[name] < Version(floor)
    }
    assert low == {}


def npm_versions() -> dict[str, list[Version]]:
    """Every version of every npm package in the viewer's lock file, and of OHIF."""
    lock = json.loads((ROOT / "viewer/package-lock.json").read_text())
    found: dict[str, list[Version]] = {}
    for path, entry in lock["packages"].items():
        if path:
            found.setdefault(path.rpartition("node_modules/")[2], []).append(Version(entry["version"]))
    packed = json.loads((ROOT / "viewer/package.json").read_text())["ohif"]  # fetched by itself, not locked
    found["@ohif/app"] = [Version(packed["version"])]
    return found


def test_no_npm_package_lies_below_its_floor():
    found = npm_versions()
    low = {
        name: [str(version) for version in found[name] if version < Version(floor)]
        for name, floor in FLOORS["npm"].items()
        if name in found
    }
    assert {name: versions for name, versions in low.items() if versions} == {}


def test_the_npm_lock_names_no_host():
    assert '"resolved"' not in (ROOT / "viewer/package-lock.json").read_text()


def licence(package: Distribution) -> str:
    """What a distribution says of its licence: expression, then classifiers, then the free text."""
    if chosen := CHOSEN.get(canonicalize_name(package.name)):
        return chosen
    meta = package.metadata.json
    classifiers = [line for line in meta.get("classifier", []) if line.startswith("License ::")]
    return str(meta.get("license_expression") or "; ".join(classifiers) or str(meta.get("license", ""))[:200])


def test_what_we_ship_is_free_enough():
    found = {}
    for name in pins("requirements.txt"):
        try:
            found[name] = licence(distribution(name))
        except PackageNotFoundError:
            found[name] = "not installed"
    wrong = {name: text for name, text in found.items() if FORBIDDEN.search(text) or not ALLOWED.search(text)}
    assert wrong == {}
