"""Compile every catalogue of `src/placa/locale` from .po to .mo (no gettext of the system needed)."""

from pathlib import Path

import polib

LOCALE = Path(__file__).resolve().parents[1] / "src" / "placa" / "locale"


def main() -> None:
    """Write each `.mo` beside its `.po`; fuzzy entries stay out, as with msgfmt."""
    for source in sorted(LOCALE.glob("*/LC_MESSAGES/*.po")):
        polib.pofile(str(source)).save_as_mofile(str(source.with_suffix(".mo")))


if __name__ == "__main__":
    main()
