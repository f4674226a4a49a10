"""The summary that is always in sight while one shares, and what the last pages say."""

import datetime as dt
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from placa.domain.access.models import SharePart
from placa.domain.access.types import Study
from placa.domain.institution import selectors as institution
from placa.domain.sharing import periods
from placa.domain.sharing.selectors import Share
from placa.domain.sharing.sheet import papers
from placa.interfaces.web import studies as shown
from placa.interfaces.web.patient.share.draft import Draft
from placa.interfaces.web.ui import dates
from placa.interfaces.web.ui.rows import Fact, Step


def frame(draft: Draft, studies: list[Study]) -> dict[str, Any]:
    """Steps and summary of every page of the four."""
    first = studies[0]
    where = f" · {first.site.name}" if first.site else ""
    return {
        "steps": [
            Step(_("Who"), reverse("patient:share_who")),
            Step(_("What and until when"), reverse("patient:share_how")),
            Step(_("PIN"), reverse("patient:share_pin")),
            Step(_("Review"), reverse("patient:share_review")),
        ],
        "sum_title": titles(studies),
        "sum_text": dates.moment(first.exam_at, institution.zone()) + where,
        "sum_image": thumbnail(first),
        "sum_facts": [
            Fact(_("For"), people(draft)),
            Fact(_("They see"), what(draft) if draft.has_period else ""),
            Fact(_("Until"), until(draft, studies)),
            Fact(_("PIN"), pin(draft)),
        ],
        "study_url": reverse("patient:study", kwargs={"uid": first.study_instance_uid}),
    }


def review(draft: Draft, studies: list[Study]) -> list[tuple[Fact, str]]:
    """Everything that was chosen, each with the page on which it can be changed."""
    at = {name: reverse(f"patient:share_{name}") for name in ("who", "how", "pin")}
    facts = [(Fact(_("For"), people(draft)), at["who"])]
    if draft.message and draft.emails:
        facts.append((Fact(_("Message"), draft.message), at["who"]))
    facts += [
        (Fact(_("They see"), what(draft)), at["how"]),
        (Fact(_("Until"), until(draft, studies)), at["how"]),
        *((fact, at["pin"]) for fact in each_pin(draft)),
        (Fact(_("Notices"), _("Each time it is opened") if draft.tells_openings else _("None")), at["how"]),
    ]
    if draft.openings_maximum:
        often = ngettext("%(n)d opening", "%(n)d openings", draft.openings_maximum) % {
            "n": draft.openings_maximum
        }
        facts.append((Fact(_("At most"), often), at["how"]))
    return facts


def done(share: Share, told: dict[str, str]) -> dict[str, Any]:
    """What the last page says: to whom it went, which PINs are to be told, which sheet to print."""
    parts = [part for part, _state in share.parts]
    sheet = next((part for part in parts if part.kind == SharePart.SHEET), None)
    return {
        "mailed": [part.email for part in parts if part.email],
        "pins_mailed": any(part.pin_by == "mail" and part.email for part in parts),
        "told": [(part.email, told[str(part.public_id)]) for part in parts if str(part.public_id) in told],
        "sheet": sheet,
        "papers": [(paper, paper.capitalize()) for paper in papers()],
        "until": dates.exact(share.ends_at.astimezone(institution.zone()).date(), institution.zone()),
    }


def titles(studies: list[Study]) -> str:
    """The first study's name, and how many more."""
    more = len(studies) - 1
    first = shown.title(studies[0])
    if not more:
        return first
    return ngettext("%(first)s and %(n)d more", "%(first)s and %(n)d more", more) % {
        "first": first,
        "n": more,
    }


def people(draft: Draft) -> str:
    """Who gets it."""
    return _("Only on paper") if draft.print_only else ", ".join(draft.emails)


def what(draft: Draft) -> str:
    """What they see, in a few words."""
    seen = {
        (True, True): _("Images and report"),
        (True, False): _("Images only"),
        (False, True): _("Report only"),
    }.get((draft.images, draft.report), "")
    extra = [_("they may download")] if draft.download else []
    extra += [_("with earlier studies")] if draft.earlier else []
    return ", ".join([seen, *extra])


def until(draft: Draft, studies: list[Study]) -> str:
    """The last day; empty while it is not chosen."""
    if not draft.has_period:
        return ""
    last = dt.date.fromisoformat(draft.until) if draft.until else None
    times = periods.period(studies, days=None if last else draft.days, until=last)
    return dates.exact(times.last_day, institution.zone())


def pin(draft: Draft) -> str:
    """The PIN, or how many; empty while there is none."""
    different = sorted(set(draft.pins.values()))
    if not different:
        return ""
    how = _way(draft)
    if len(different) > 1:
        return _("One for each person, %(how)s") % {"how": how}
    return _said(different[0], how)


def each_pin(draft: Draft) -> list[Fact]:
    """Whose PIN is whose: a line for each person where they differ."""
    if len(set(draft.pins.values())) < 2:
        return [Fact(_("PIN"), pin(draft))]
    how = _way(draft)
    return [Fact(_("PIN"), f"{email}: {_said(digits, how)}") for email, digits in draft.pins.items()]


def _said(digits: str, how: str) -> str:
    return f"{digits[:3]} {digits[3:]}, {how}"


def _way(draft: Draft) -> str:
    if draft.print_only:
        return _("on the sheet or told by you")
    return {"mail": _("in a second mail"), "sms": _("by SMS"), "in_person": _("you tell it")}[draft.delivery]


def thumbnail(study: Study) -> str:
    """A small picture of the study; empty where there is none (yet)."""
    if not getattr(study, "may_images", False) or not study.number_of_images:
        return ""
    try:
        return shown.Doors("patient").thumbnail(study)
    except NoReverseMatch:
        return ""
