"""Turns a template and its context into the words of a mail or SMS, in the person's language."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.template import Context
from django.template.loader import get_template, render_to_string
from django.utils import translation

from placa.domain.institution import selectors as institution


@dataclass(frozen=True, slots=True)
class Content:
    """The words of one message; `subject` and `html` are empty for an SMS."""

    text: str
    subject: str = ""
    html: str = ""

    def dump(self) -> str:
        """As JSON, to be sealed."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> "Content":
        """The content that `dump` wrote."""
        return cls(**json.loads(text))


def _plain(name: str, context: dict[str, Any]) -> str:
    """Render without HTML escaping: a text part shows what a person typed as it is."""
    template = get_template(name).template  # type: ignore[attr-defined]
    rendered: str = template.render(Context(context, autoescape=False))
    return rendered.strip()


def _shared(context: dict[str, Any], language: str) -> dict[str, Any]:
    return {
        "institution": institution.current(),
        "base_url": settings.ENVIRONMENT.base_url,
        "language": language,
        **context,
    }


def mail(template: str, context: dict[str, Any], language: str) -> Content:
    """Subject (one line, whatever it was made from), text and HTML of `mail/<template>/`."""
    with translation.override(language):
        full = _shared(context, language)
        subject = " ".join(_plain(f"mail/{template}/subject.txt", full).split())
        full["subject"] = subject
        return Content(
            subject=subject[:180],
            text=_plain(f"mail/{template}/body.txt", full) + "\n",
            html=render_to_string(f"mail/{template}/body.html", full),
        )


def sms(template: str, context: dict[str, Any], language: str) -> Content:
    """Text of `sms/<template>.txt`, on one line."""
    with translation.override(language):
        return Content(text=" ".join(_plain(f"sms/{template}.txt", _shared(context, language)).split()))
