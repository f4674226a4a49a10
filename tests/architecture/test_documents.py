"""What is written down: links that lead somewhere, no registry hosts, no paths of somebody's machine."""

import re
from pathlib import Path

from tests.architecture.test_house import ROOT, tracked

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
# whoever installs brings their own mirror: no file of ours may choose one
HOSTS = re.compile(r"pypi\.org|pythonhosted|registry\.npmjs|deb\.debian\.org", re.IGNORECASE)
MACHINE = re.compile(r"(?<![\w.])(/root/|/home/\w|/wor[k]/|/Users/)")


def test_links_lead_somewhere():
    broken = [
        f"{file.relative_to(ROOT)}: {target}"
        for file in tracked("*.md")
        for target in LINK.findall(file.read_text())
        if "://" not in target and not target.startswith("mailto:") and not (file.parent / target).exists()
    ]
    assert broken == []


def matches(pattern: re.Pattern[str]) -> list[str]:
    """`file: text` for every match in a text file of ours, this test excepted."""
    found = []
    for file in tracked():
        if file == Path(__file__) or file.suffix in {".png", ".dcm", ".woff2", ".mo", ".ico", ".zip", ".pdf"}:
            continue
        text = file.read_text(errors="replace")
        found += [f"{file.relative_to(ROOT)}: {match}" for match in pattern.findall(text)]
    return found


def test_no_registry_is_named():
    assert matches(HOSTS) == []


def test_no_path_of_a_machine_is_written_down():
    assert matches(MACHINE) == []
