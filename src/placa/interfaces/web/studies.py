"""A study as a list shows it: what `access` said, in words, for every audience.

Views decide nothing here: an opener has an address because the row says `may_images`, not otherwise.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from placa.domain.access.moment import Moment, moment
from placa.domain.access.selectors import release_moment, report_opens
from placa.domain.access.types import DiagnosticReport, ReportVersion, Study
from placa.domain.institution import selectors as institution
from placa.interfaces.web.ui import dates
from placa.interfaces.web.ui.rows import Chip, MenuItem, Opener, StudyRow

FINAL = ("final", "amended")


@dataclass(frozen=True, slots=True)
class Doors:
    """Addresses of what a study opens: the portal's doors, or the same ones under a share's token."""

    portal: str = "patient"
    token: str = ""

    def url(self, name: str, **parts: object) -> str:
        """Address of a door; under a token its routes are in the namespace `share-…`."""
        if self.token:
            return reverse(f"share-{name}", kwargs={"token": self.token, **parts})
        return reverse(name, kwargs=parts)

    def page(self, study: Study) -> str:
        token = {"token": self.token} if self.token else {}
        return reverse(f"{self.portal}:study", kwargs={"uid": study.study_instance_uid, **token})

    def viewer(self, study: Study) -> str:
        return self.url("viewer:open", uid=study.study_instance_uid)

    def thumbnail(self, study: Study) -> str:
        return self.url("dicomweb:study_thumbnail", study=study.study_instance_uid) + "?viewport=480,480"

    def report(self, study: Study, report: DiagnosticReport) -> str:
        return self.url("files:report", uid=study.study_instance_uid, report=report.public_id)

    def report_read(self, study: Study, report: DiagnosticReport, number: int) -> str:
        parts = {"report": report.public_id, "number": number}
        return self.url("files:report_read", uid=study.study_instance_uid, **parts)

    def zip(self, study: Study) -> str:
        return self.url("files:zip", uid=study.study_instance_uid)

    def recall(self, study: Study) -> str:
        return self.url("files:recall", uid=study.study_instance_uid)

    def recall_status(self, study: Study) -> str:
        return self.url("files:recall_status", uid=study.study_instance_uid)

    def recall_panel(self, study: Study) -> str:
        return self.url("files:recall_panel", uid=study.study_instance_uid)

    def zip_status(self, study: Study) -> str:
        return self.url("files:zip_status", uid=study.study_instance_uid)


def title(study: Study) -> str:
    """What a study is called: its order's description, else the modality's, else its kind."""
    ordered = study.order.description if study.order else ""
    return ordered or study.study_description or ", ".join(study.modalities_in_study) or _("Study")


def modality(study: Study) -> str:
    """The code that chooses the drawing of a study without a preview."""
    if study.order and study.order.exam_type and study.order.exam_type.kind == "laboratory":
        return "LAB"
    return str(next(iter(study.modalities_in_study), ""))


def newest(reports: Sequence[DiagnosticReport]) -> DiagnosticReport | None:
    """The report that speaks for a study: a signed one before one that is not, then the later one."""
    return max(reports, key=lambda report: (report.status in FINAL, report.pk), default=None)


def with_words(shown: Sequence[tuple[DiagnosticReport, str, ReportVersion | None]]) -> list[ReportVersion]:
    """Of the reports of a page, with their addresses, the versions whose words stand there; others open as a PDF."""
    return [version for _report, _url, version in shown if version is not None and version.text]


def report_chip(report: DiagnosticReport | None) -> Chip:
    """The state of a report in words (2.3)."""
    if report is None:
        return Chip("wait", "hourglass-split", _("Report to come"))
    return {
        "registered": Chip("wait", "hourglass-split", _("Report awaits review")),
        "partial": Chip("wait", "pen", _("Report awaits signature")),
        "preliminary": Chip("wait", "pencil-square", _("Preliminary report")),
        "final": Chip("ok", "check-circle", _("Report signed")),
        "amended": Chip("ok", "pencil-square", _("Report corrected")),
    }[report.status]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a study stands for the patient's side: the chip, and the reasons why something is closed.

    `whole`: all of it is closed, for the one reason that the study's page says, `note`.
    """

    chip: Chip
    why: str = ""
    images_why: str = ""
    report_why: str = ""
    note: str = ""
    whole: bool = False
    hand_delivery: bool = False
    call: bool = False  # the patient must agree on a time with us to get it


def standing(
    study: Study,
    report: DiagnosticReport | None,
    when: Moment | None = None,
    *,
    told: bool = True,
    heard: bool = True,
) -> Standing:
    """In this order: hand delivery, not yet released, off-line, then the report's own state.

    `told`: whether the reader gets a mail once the report is there. `heard`: whether they hear how far it is.
    """
    if study.hand_delivery:
        return _by_hand(study)
    when = when or moment()  # a list passes its own, read once
    opens = release_moment(study, when)
    if opens is None or opens > when.at:
        return _not_released(opens)
    images_why = _images_why(study)
    if not heard:
        chip = Chip("mute", "images", _("Images only"))
        return Standing(chip, images_why=images_why, report_why=_("it was not shared"))
    if report is None or report.status not in FINAL:
        why = pending(study, report)
        if told:
            why = _("%(why)s We will let you know when it is signed.") % {"why": why}
        return Standing(report_chip(report), why, images_why, why)
    opens = report_opens(study, report, when)
    if opens is not None and opens > when.at:
        return _not_yet(opens, images_why)
    away = _("The images are in the archive.") if _offline(study) else ""
    return Standing(report_chip(report), away, images_why)


def pending(study: Study, report: DiagnosticReport | None) -> str:
    """Why there is no signed report, and since when; empty for one that is signed (2.3)."""
    if report is None:
        return _("The report is not written yet. Exam done: %(when)s.") % {"when": said(study.exam_at)}
    why = {
        "registered": _("The report waits for a doctor to review it. Since: %(when)s."),
        "partial": _("The report is written and waits for a doctor to sign it. Since: %(when)s."),
        "preliminary": _(
            "A first version of the report is written; it may change until a doctor signs it. Since: %(when)s."
        ),
    }.get(report.status, "")
    return why % {"when": said(report.updated_at)} if why else ""


def said(at: dt.datetime) -> str:
    """A moment inside a sentence."""
    when = dates.moment(at, institution.zone())
    return when[:1].lower() + when[1:]


def _by_hand(study: Study) -> Standing:
    """Not online; once it was handed over nobody is asked to call any more (2.3)."""
    whole = not study.may_images
    if study.handed_over_at is not None:
        when = dates.exact(study.handed_over_at, institution.zone())
        why = _("It was handed over in person: %(when)s.") % {"when": when}
        closed = _("it was handed over in person")
        chip = Chip("mute", "person-check", _("Handed over in person"))
        return Standing(chip, why, closed, closed, why, whole, hand_delivery=True)
    why = _("We hand you this result in person: %(where)s.")
    if contact(study):
        why = _("We hand you this result in person: %(where)s. Agree on a time with us:")
    why %= {"where": _where(study)}
    closed = _("it is handed over in person")
    chip = Chip("mute", "person-raised-hand", _("Not validated: handed over in person"))
    return Standing(chip, why, closed, closed, why, whole, hand_delivery=True, call=True)


def _where(study: Study) -> str:
    """Where a result is handed over: the site, else the institution, with its address."""
    place = study.site or institution.current()
    return ", ".join(filter(None, (place.name, place.address)))


def contact(study: Study) -> tuple[str, str] | None:
    """Whom to ask about a study: a link and its words; the site's phone before the institution's, then its e-mail."""
    own = institution.current()
    if phone := (study.site.phone if study.site else "") or own.phone:
        return ("tel:" + phone, phone)
    return ("mailto:" + own.email, own.email) if own.email else None


def _not_released(opens: dt.datetime | None) -> Standing:
    """Staff hold it back, whose reasons are told by them alone, or its time has not come (2.4)."""
    if opens is None:
        why = _("The centre has not made it available yet. We will let you know.")
        closed = _("the centre has not made it available yet")
        return Standing(
            Chip("info", "hourglass-split", _("Not available yet")), why, closed, closed, why, whole=True
        )
    chip = _opening_chip(_("Available: %(when)s"), opens)
    note = _("You can open it from this moment on: %(when)s.") % {"when": said(opens)}
    why = _("it opens %(when)s") % {"when": said(opens)}
    return Standing(chip, "", why, why, note, whole=True)


def _not_yet(opens: dt.datetime, images_why: str) -> Standing:
    """The report is signed, and its own delay has not passed (decision 0006)."""
    why = _("The report is signed. You can open it from this moment on: %(when)s.") % {"when": said(opens)}
    return Standing(_opening_chip(_("Report opens: %(when)s"), opens), why, images_why, why)


def _opening_chip(words: str, opens: dt.datetime) -> Chip:
    zone = institution.zone()
    text = words % {"when": dates.moment(opens, zone)}
    return Chip("info", "hourglass-split", text, dates.exact(opens, zone))


def _offline(study: Study) -> bool:
    return study.availability != study.Availability.ONLINE and study.number_of_images > 0


def askable(study: Study) -> bool:
    """Whether a click may bring the images back: they are away, not on their way, and an archive is set up."""
    away = study.availability in (study.Availability.OFFLINE, study.Availability.UNAVAILABLE)
    return bool(study.may_images and _offline(study) and away and institution.archives())


def _images_why(study: Study) -> str:
    if study.number_of_images == 0:
        return _("this exam has no images")
    if study.availability == study.Availability.RECALLING:
        return _("they are being brought back")
    return _("they are in the archive") if _offline(study) else _("they are not available")


def openers(
    study: Study, reports: Sequence[DiagnosticReport], doors: Doors, images_why: str, report_why: str
) -> tuple[Opener, Opener]:
    """The two icons: each leads to what it shows, or says why not."""
    images, readable = Opener(why=images_why), Opener(why=report_why or _("it is not available"))
    if study.may_images and study.number_of_images and not _offline(study):
        images = Opener(url=doors.viewer(study))
    elif askable(study):
        images = Opener(why=images_why, ask=doors.recall(study))
    shown = newest(reports)
    if study.may_report and shown is not None:
        readable = Opener(url=doors.report(study, shown))
    return images, readable


def patient_row(
    study: Study,
    reports: Sequence[DiagnosticReport],
    *,
    when: Moment | None = None,
    is_new: bool = False,
    big: bool = False,
) -> StudyRow:
    """A row of the patient's home."""
    doors = Doors("patient")
    how = standing(study, newest(reports), when)
    images, report = openers(study, reports, doors, how.images_why, how.report_why)
    away = bool(images.ask) or (study.may_images and study.availability == study.Availability.RECALLING)
    doctor = study.order.requester.full_name if study.order and study.order.requester else ""
    return StudyRow(
        title=title(study),
        url=doors.page(study),
        when=study.exam_at,
        where=study.site.name if study.site else "",
        who=doctor,
        modality=modality(study),
        thumbnail=doors.thumbnail(study) if images.url or away else "",
        dim=away,
        picture_icon="person-lock" if how.hand_delivery else ("archive" if _offline(study) else ""),
        big=big,
        is_new=is_new,
        chips=[how.chip],
        why=how.why,
        why_link=contact(study) if how.call else None,
        images=images,
        report=report,
        share_url=_share_url(study),
        menu=_menu(study, reports, doors),
    )


def _share_url(study: Study) -> str:
    if not study.may_share:
        return ""
    return reverse("patient:share_start") + f"?study={study.study_instance_uid}"


def _menu(study: Study, reports: Sequence[DiagnosticReport], doors: Doors) -> list[MenuItem]:
    items = [MenuItem(_("Details"), "info-circle", doors.page(study))]
    shown = newest(reports)
    if study.may_download and study.number_of_images and study.may_images and not _offline(study):
        items.append(MenuItem(_("Download images"), "file-earmark-zip", doors.zip(study)))
    if study.may_report and shown is not None:
        items.append(
            MenuItem(_("Download report"), "file-earmark-pdf", doors.report(study, shown) + "?download=1")
        )
    if study.may_share:
        items.append(MenuItem(_("Share"), "share", _share_url(study)))
    return items
