"""Rules that the sources keep: icons, strict CSP, contrast, small files."""

import ast
import re
from pathlib import Path

import pytest

from placa.interfaces.web.ui import assets, inliner

UI = Path(__file__).resolve().parents[1]
SRC = UI.parents[2]
TEMPLATES = [  # what browsers get; mails and PDFs have no content security policy
    path
    for path in sorted((SRC / "interfaces" / "web").rglob("templates/**/*.html"))
    if "mail" not in path.parts
]
THEMES = ("patient", "recipient", "doctor", "company", "staff")
# WCAG 2.2 AA: text 4.5, our own bar for main ink 7, controls and focus 3
PAIRS = [
    ("ink", "bg", 7), ("ink", "surface", 7), ("ink-2", "bg", 4.5), ("ink-2", "surface-3", 4.5), ("ink-3", "bg", 4.5),
    ("ink-3", "surface", 4.5), ("ink-3", "surface-3", 4.5), ("on-accent", "accent", 4.5), ("accent-ink", "surface", 4.5),
    ("on-accent", "accent-hover", 4.5), ("accent-soft-ink", "accent-soft", 4.5), ("accent-soft-ink", "accent-soft-2", 4.5),
    ("accent", "surface", 3), ("focus", "bg", 3), ("focus", "surface", 3), ("line-strong", "surface", 3),
    ("ok-ink", "ok-soft", 4.5), ("wait-ink", "wait-soft", 4.5), ("bad-ink", "bad-soft", 4.5), ("info-ink", "info-soft", 4.5),
    ("mute-ink", "mute-soft", 4.5), ("on-bad", "bad", 4.5),
]  # fmt: skip


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("theme", THEMES)
def test_every_theme_can_be_read(theme: str, dark: bool) -> None:
    roles = {**inliner.roles("patient", dark=dark), **inliner.roles(theme, dark=dark)}
    for front, back, need in PAIRS:
        light, deep = sorted((luminance(roles[f"--{front}"]), luminance(roles[f"--{back}"])), reverse=True)
        assert (light + 0.05) / (deep + 0.05) >= need, (theme, front, back)


def icons_named_in_templates() -> set[tuple[str, str]]:
    named = re.compile(r"""\{% icon "([\w-]+)"|\bicon="([\w-]+)\"""")
    return {(a or b, path.name) for path in TEMPLATES for a, b in named.findall(path.read_text())}


def icons_named_in_python() -> set[tuple[str, str]]:
    """Second argument, or `icon=`, of what rows.py and navigation.py define."""
    found = set()
    for path in (SRC / "interfaces" / "web").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("Chip", "MenuItem", "Place"):
                values = [*call.args[1:2], *(word.value for word in call.keywords if word.arg == "icon")]
                found |= {(str(each.value), path.name) for each in values if isinstance(each, ast.Constant)}
    return found


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    used = icons_named_in_templates() | icons_named_in_python()
    assert {icon for icon, _page in used} > {"share", "download", "clipboard2-pulse"}
    assert {(icon, page) for icon, page in used if icon and icon not in assets.icon_names()} == set()


def test_templates_keep_the_content_security_policy() -> None:
    inline = re.compile(
        r"""\sstyle\s*=\s*["'{]|\son[a-z]+\s*=\s*["']|javascript:|<style\b|<script(?![^>]*\ssrc=)"""
    )
    assert [(path.name, found[0]) for path in TEMPLATES if (found := inline.search(path.read_text()))] == []


def test_style_sheets_stay_small_and_use_roles() -> None:
    for path in sorted((UI / "static" / "ui" / "css").glob("*.css")):
        text = path.read_text()
        assert len(text.splitlines()) <= 500, path.name
        assert "http" not in text, path.name


def test_scripts_stand_alone() -> None:
    for name in assets.scripts(bundled=False):
        text = (UI / "static" / name).read_text()
        assert not re.search(r"^\s*(import|export)\b|\beval\(|innerHTML", text, re.M), name
