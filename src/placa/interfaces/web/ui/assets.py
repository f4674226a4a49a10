"""Names of built files: what the viewer build and the vendor script put under static/build."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders

BUILD = Path(__file__).parent / "static" / "build"


@cache
def _bundle() -> dict[str, list[str]]:
    loaded: dict[str, list[str]] = json.loads((Path(__file__).parent / "bundle.json").read_text())
    return loaded


def styles(*, bundled: bool) -> list[str]:
    """Static names of every page's style sheets, in order: the build's bundle, or Bootstrap and each of ours."""
    if bundled:
        return ["build/vendor/ui.css"]
    return ["build/vendor/bootstrap.css", *(f"ui/css/{name}.css" for name in _bundle()["styles"])]


def scripts(*, bundled: bool) -> list[str]:
    """Static names of every page's modules; each works alone."""
    return ["build/vendor/ui.js"] if bundled else [f"ui/js/{name}.js" for name in _bundle()["scripts"]]


@cache
def is_bundled() -> bool:
    """Whether the build made bundles; tests look at the sources, so that nothing stale is tested."""
    return settings.ENVIRONMENT.mode != "test" and (BUILD / "vendor" / "ui.css").is_file()


@cache
def icon_names() -> frozenset[str]:
    """Names that the sprite holds (icons.txt)."""
    lines = (Path(__file__).parent / "icons.txt").read_text().splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


@cache
def _manifest(path: str, _changed: float) -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = json.loads(Path(path).read_text())
    return loaded


def vite_chunks(entry: str) -> tuple[str, list[str], list[str]]:
    """Static names of a Vite entry: its script, its styles, the modules to preload.

    Raises FileNotFoundError when the viewer is not built, KeyError when the manifest has no such entry.
    """
    for name in ("build/viewer/manifest.json", "build/viewer/.vite/manifest.json"):
        if found := finders.find(name) or _beside(name):
            path = Path(str(found))
            manifest = _manifest(str(path), path.stat().st_mtime)
            break
    else:
        raise FileNotFoundError("The viewer is not built: run `npm run build` in viewer/")
    key = entry if entry in manifest else _by_name(manifest, entry)
    seen: dict[str, None] = {}
    styles: dict[str, None] = {}
    _walk(manifest, key, seen, styles)
    preload = [f"build/viewer/{manifest[name]['file']}" for name in seen if name != key]
    return f"build/viewer/{manifest[key]['file']}", [f"build/viewer/{style}" for style in styles], preload


def _beside(name: str) -> Path | None:
    path = BUILD.parent / name
    return path if path.is_file() else None


def _by_name(manifest: dict[str, dict[str, Any]], entry: str) -> str:
    for key, chunk in manifest.items():
        if chunk.get("isEntry") and chunk.get("name") == entry:
            return key
    raise KeyError(f"The viewer's manifest has no entry {entry!r}")


def _walk(
    manifest: dict[str, dict[str, Any]], key: str, seen: dict[str, None], styles: dict[str, None]
) -> None:
    if key in seen:
        return
    seen[key] = None
    chunk = manifest[key]
    styles.update(dict.fromkeys(chunk.get("css", [])))
    for imported in chunk.get("imports", []):
        _walk(manifest, imported, seen, styles)
