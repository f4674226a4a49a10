"""Translations: `update` takes the source strings into the catalogues, `check` fails on a gap.

English is the language of the source, so its catalogue may stay empty; the other three must be whole.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import polib

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "placa"
LOCALE = PACKAGE / "locale"
LANGUAGES = ["es", "it", "pt"]
MOST_LINES = 30
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def extract(target: Path) -> None:
    """Write the source strings of the package to the catalogues of `target/locale` (needs gettext)."""
    command = [sys.executable, "-m", "django", "makemessages", "--no-obsolete", "--add-location=file"]
    for language in LANGUAGES:
        command += ["--locale", language]
    for pattern in ("*/tests/*", "*/static/*", "*/migrations/*"):
        command += ["--ignore", pattern]
    subprocess.run(command, cwd=target, check=True, stdout=subprocess.DEVNULL)


def gaps(catalogue: Path) -> list[str]:
    """What is untranslated, fuzzy, or has other placeholders than its source, one line each."""
    found = []
    for entry in polib.pofile(str(catalogue)):
        if entry.obsolete:
            continue
        texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if entry.fuzzy:
            found.append(f"fuzzy: {entry.msgid!r}")
        elif not all(texts):
            found.append(f"missing: {entry.msgid!r}")
        elif any(placeholders(text) - placeholders(entry.msgid, entry.msgid_plural) for text in texts):
            found.append(f"other placeholders: {entry.msgid!r}")
    return [f"{catalogue.relative_to(LOCALE)}: {line}" for line in found]


def placeholders(*texts: str) -> set[str]:
    """The `%(name)s`, `%s` and `{name}` of all `texts`."""
    return {found for text in texts for found in PLACEHOLDER.findall(text)}


def update() -> int:
    """Refresh the catalogues in place, then report what is left to translate."""
    for language in LANGUAGES:
        (LOCALE / language / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
    extract(PACKAGE)
    return report([line for catalogue in catalogues(LOCALE) for line in gaps(catalogue)])


def check() -> int:
    """Report gaps, and source strings that no `make messages` has collected yet."""
    lines = [line for catalogue in catalogues(LOCALE) for line in gaps(catalogue)]
    if shutil.which("xgettext"):
        lines += uncollected()
    return report(lines)


def uncollected() -> list[str]:
    """Source strings that the catalogues lack, found by extracting into a copy of the package."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "placa"
        ignore = shutil.ignore_patterns("static", "__pycache__", "tests", "migrations")
        shutil.copytree(PACKAGE, copy, ignore=ignore)
        for language in LANGUAGES:
            (copy / "locale" / language / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
        extract(copy)
        return [
            f"{now.relative_to(copy / 'locale')}: not collected: {text!r}"
            for now in catalogues(copy / "locale")
            for text in sorted(sources(now) - sources(LOCALE / now.relative_to(copy / "locale")))
        ]


def sources(catalogue: Path) -> set[str]:
    """The source strings that `catalogue` holds; none where there is no such file."""
    if not catalogue.exists():
        return set()
    return {entry.msgid for entry in polib.pofile(str(catalogue)) if not entry.obsolete}


def catalogues(locale: Path) -> list[Path]:
    """Every `.po` of the checked languages."""
    return [path for language in LANGUAGES for path in sorted(locale.glob(f"{language}/LC_MESSAGES/*.po"))]


def report(lines: list[str]) -> int:
    """Print `lines`, each a gap (the first of many); the exit status."""
    print("\n".join(lines[:MOST_LINES]) if lines else "Every string is translated.")
    if len(lines) > MOST_LINES:
        print(f"... and {len(lines) - MOST_LINES} more; `make messages` collects and lists them.")
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit({"update": update, "check": check}[sys.argv[1]]())
