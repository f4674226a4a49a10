"""The printed sheet (5.4): QR, address, PIN by setting, from and until when, support, compliance."""

import base64
import io
import logging
from collections.abc import Sequence
from typing import Any, Literal

import segno
from django.template.loader import render_to_string
from django.utils import translation
from weasyprint import HTML
from weasyprint.urls import URLFetcher

from placa.common import clock, tokens
from placa.domain.access.models import SharePart
from placa.domain.archive.models import Study
from placa.domain.institution import selectors as institution
from placa.domain.institution.models import Text
from placa.domain.sharing import keys, periods

for _name in ("weasyprint", "weasyprint.progress", "fontTools"):
    logging.getLogger(_name).setLevel(logging.ERROR)  # their progress is nobody's news

Paper = Literal["A4", "letter"]


def papers() -> list[Paper]:
    """The papers that a sheet comes on, the institution's usual one first."""
    return ["letter", "A4"] if institution.setting("letter_paper") else ["A4", "letter"]


def pdf(part: SharePart, studies: Sequence[Study], *, paper: Paper | None = None) -> bytes:
    """The sheet of one part as PDF, in the share's language; `studies` are those to name on it.

    Without `paper` it is on the institution's usual one.
    """
    with translation.override(part.grant.language):
        page = render_to_string("sharing/sheet.html", _content(part, studies, paper or papers()[0]))
    # images are inside the page; whatever else an address names is not asked for (case 28)
    document: bytes = HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=["data"])).write_pdf()
    return document


def _content(part: SharePart, studies: Sequence[Study], paper: Paper) -> dict[str, Any]:
    grant, ours = part.grant, institution.current()
    link = keys.link_of(part)
    compliance = institution.text(Text.Kind.COMPLIANCE, grant.language)
    logo = ""
    if ours.logo:
        logo = f"data:{ours.logo_type};base64,{base64.b64encode(bytes(ours.logo)).decode()}"
    return {
        "paper": "Letter" if paper == "letter" else "A4",
        "language": grant.language,
        "institution": ours,
        "logo": logo,
        "today": clock.today(institution.zone()),
        "patient": grant.patient,
        "exams": [(_title(study), periods.local(study.exam_at)) for study in studies],
        "starts": periods.local(grant.starts_at),
        "ends": periods.local(periods.last_moment(grant.expires_at)),
        "images": grant.images,
        "report": grant.report,
        "qr": qr(link),
        "address": link.partition("://")[2],
        "pin": pin_on_sheet(part),
        "tries": SharePart.PIN_TRIES,
        "compliance": compliance.body if compliance else "",
    }


def pin_on_sheet(part: SharePart) -> str:
    """The PIN that the sheet shows; empty where the institution keeps it off the paper."""
    if not institution.setting("share_sheet_prints_pin") or not part.pin_sealed:
        return ""
    return tokens.unseal(part.pin_sealed)


def qr(link: str) -> str:
    """A QR code of the link and nothing else, as a data URI of an SVG."""
    out = io.BytesIO()
    segno.make(link, error="m").save(out, kind="svg", border=0, scale=4, xmldecl=False)
    return "data:image/svg+xml;base64," + base64.b64encode(out.getvalue()).decode()


def _title(study: Study) -> str:
    ordered = study.order.description if study.order else ""
    return ordered or study.study_description or ", ".join(study.modalities_in_study)
