#!/usr/bin/env python
"""Writes docs/reference/conformance.md from the code: what the DICOM listener and DICOMweb take and give (PS3.2)."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/reference/conformance.md"
HEAD = """# DICOM conformance statement

Made by `make docs` from the code (`scripts/conformance.py`); do not edit. What it says is what `interfaces/dimse`,
`interfaces/dicomweb` and `standards/dicom` do; the form follows PS3.2 in short.
"""


def statement() -> str:
    """The whole page. Django is set up already."""
    return (
        "\n".join([HEAD, *_listener(), *_dicomweb(), *_matching(), *_syntaxes(), *_charsets(), *_classes()])
        + "\n"
    )


def _listener() -> Iterator[str]:
    from placa.interfaces.dimse.pdata import MAX_PDU
    from placa.interfaces.dimse.places import PLACES, PLACES_AN_ADDRESS
    from placa.standards.dicom import uids

    yield "## Application entity\n"
    yield f"Implementation Class UID `{uids.IMPLEMENTATION_CLASS_UID}`, version name `{uids.IMPLEMENTATION_VERSION_NAME}`.\n"
    yield from _table(
        ("service", "SOP class", "role"),
        [
            ("Verification", "1.2.840.10008.1.1", "SCP"),
            ("Storage", "every class listed below; any private class", "SCP"),
            ("Storage Commitment Push Model", "1.2.840.10008.1.20.1", "SCP; SCU of an external archive"),
            ("Verification, Storage", "as above", "SCU of an external archive"),
            (
                "Study Root Find, Get, Move",
                "1.2.840.10008.5.1.4.1.2.2.1, .3, .2",
                "SCU of an external archive",
            ),
        ],
    )
    yield (
        f"\nAt most {PLACES} associations at once, {PLACES_AN_ADDRESS} from one address; PDUs of up to {MAX_PDU} bytes. "
        "Success means: on disk. Only listed AE titles at their addresses, and only under our own called AE title (the "
        "demo takes any from loopback). TLS 1.2 or later on a port of its own, where it is set up.\n"
    )


def _dicomweb() -> Iterator[str]:
    from django.urls import URLPattern

    from placa.interfaces.dicomweb import qido, stow
    from placa.interfaces.dicomweb.urls import urlpatterns

    yield "\n## DICOMweb (PS3.18)\n"
    yield "Below `/dicomweb/`, for a session or a bearer token; below `/s/<token>/dicomweb/` for an opened share, to read.\n"
    services = {"studies": "QIDO-RS, STOW-RS", "study": "WADO-RS, STOW-RS"}
    found = []
    for route in urlpatterns:
        if isinstance(route, URLPattern):
            name = str(route.name)
            search = name.endswith(("series", "instances")) and name != "series"
            found.append((f"`{route.pattern}`", services.get(name) or ("QIDO-RS" if search else "WADO-RS")))
    yield from _table(("resource", "service"), found)
    yield f"\nA search answers at most {qido.LIMIT} rows; `limit`, `offset`, `includefield` (attributes or `all`),"
    yield "`fuzzymatching` by setting."
    yield f"A store takes at most {stow.PARTS_LIMIT} parts, each of up to {stow.OBJECT_LIMIT // 1024**3} GiB."
    yield "\nAnswers, by `Accept` (or the query parameter `accept`); what is not listed is 406:\n"
    yield from _table(("resource", "media types"), _media())
    yield "\nRanges (`Range`, `If-Range`) and conditional requests (`ETag`, `If-None-Match`) on objects, frames, bulk data,"
    yield "metadata and pictures; `HEAD` everywhere. 503 with `Retry-After` for a study that is not online."


def _media() -> list[tuple[str, str]]:
    from placa.interfaces.dicomweb import accept, described, rendered

    def named(offers: Iterable[tuple[str, bool]]) -> str:
        return ", ".join(
            f'`multipart/related; type="{media}"`' if many else f"`{media}`" for media, many in offers
        )

    octets = [(accept.OCTETS, True), (accept.OCTETS, False)]
    objects = [(accept.DICOM, True), (accept.DICOM, False)]
    compressed = ", ".join(f"`{media}`" for media in accept._MEDIA)
    return [
        ("objects", f"{named(objects)} (one instance), as stored or Explicit VR Little Endian"),
        ("metadata, search", named(described.OFFERS)),
        ("frames", f"{named(octets)}, as stored or Explicit VR Little Endian; as stored: {compressed}"),
        ("bulk data", named(octets)),
        ("rendered, thumbnail", named([*rendered.PICTURES, *rendered.MANY_PICTURES])),
        ("rendered PDF, SR, ECG, video", "`application/pdf`, `text/html`, `image/svg+xml`, `video/mp4`"),
        ("store's answer", f"`{accept.DICOM_JSON}`, `{accept.DICOM_XML}`"),
    ]


def _matching() -> Iterator[str]:
    from placa.interfaces.dicomweb.matching import KEYS, READ

    how = {
        "uid": "list of UIDs", "text": "single value, wildcard",
        "name": "name, wildcard, beginnings of its words in any order, case and accents aside", "person": "name, wildcard",
        "words": "words, wildcard", "date": "single value, range", "time": "single value, range",
        "number": "single value", "modalities": "single value, list",
    }  # fmt: skip
    yield "\n## Matching keys of QIDO-RS\n"
    yield "By keyword or tag, universal matching too; an attribute of a level matches at that level and below.\n"
    rows: list[tuple[str, ...]] = [
        (keyword, key.tag, key.level, how[key.kind]) for keyword, key in KEYS.items()
    ]
    rows += [(keyword, "", "series, instance", "stored attribute") for keyword in sorted(READ)]
    yield from _table(("attribute", "tag", "level", "matching"), rows)


def _syntaxes() -> Iterator[str]:
    from placa.standards.dicom import uids

    yield "\n## Transfer syntaxes\n"
    yield "Accepted by the listener and STOW-RS, kept as received, and sent so.\n"
    names = [(uids.sop_class_name(uid), f"`{uid}`") for uid in uids.ACCEPTED_TRANSFER_SYNTAXES]
    yield from _table(("name", "UID"), names)


def _charsets() -> Iterator[str]:
    from pydicom.charset import python_encoding

    yield "\n## Character sets\n"
    terms = sorted(term for term in python_encoding if term)
    yield (
        "Read: "
        + ", ".join(f"`{term}`" for term in terms)
        + ", with code extensions. Sent in JSON and XML: `ISO_IR 192`."
    )


def _classes() -> Iterator[str]:
    from placa.standards.dicom import uids

    yield "\n## Storage SOP classes\n"
    yield "Stored as SCP by C-STORE and STOW-RS, sent by WADO-RS. Kind: how the portal treats the object.\n"
    found = sorted(
        (uids.sop_class_name(uid), f"`{uid}`", uids.kind_of(uid, "")) for uid in uids.STORAGE_SOP_CLASSES
    )
    yield from _table(("name", "UID", "kind"), found)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for row in (head, ("---",) * len(head), *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def main() -> int:
    """Write the page."""
    import django

    os.environ.setdefault("PLACA_ENV", "test")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "placa.config.settings")
    django.setup()
    PAGE.write_text(statement(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
