"""A study as a list shows it: what `access` said, in words, for every audience.

Views decide nothing here: an opener has an address because the row says `may_images`, not otherwise.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from placa.domain.access.moment import Moment, moment
from placa.domain.access.selectors import release_moment
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
    """How a study stands for the patient's side: the chip, and the reasons why something is closed."""

    chip: Chip
    why: str = ""
    images_why: str = ""
    report_why: str = ""
    hand_delivery: bool = False
    call: bool = False  # the patient must call us to get it


def standing(study: Study, report: DiagnosticReport | None, when: Moment | None = None) -> Standing:
    """In this order: hand delivery, not yet released, off-line, then the report's own state."""
    if study.hand_delivery:
        return _by_hand(study)
    when = when or moment()  # a list passes its own, read once
    opens = release_moment(study, when)
    if opens is None or opens > when.at:
        return _not_released(opens)
    chip = report_chip(report)
    images_why = _images_why(study)
    if report is not None and report.status in FINAL:
        return Standing(chip, _("The images are in the archive.") if _offline(study) else "", images_why)
    why = {
        None: _("We will let you know when the report is here."),
        "registered": _("A doctor will review it. We will let you know when it is signed."),
        "partial": _("It is being signed. We will let you know."),
        "preliminary": _("It may change until it is signed. We will let you know."),
    }[report.status if report else None]
    return Standing(chip, why, images_why, why)


def _by_hand(study: Study) -> Standing:
    """Not online; once it was handed over nobody is asked to call any more (2.3)."""
    if study.handed_over_at is not None:
        when = dates.exact(study.handed_over_at, institution.zone())
        why = _("It was handed over in person: %(when)s.") % {"when": when}
        closed = _("it was handed over in person")
        return Standing(Chip("mute", "person-check", _("Handed over")), why, closed, closed, True)
    why = _("We hand you this result in person. Call us and we will agree on a time:")
    closed = _("it is handed over in person")
    return Standing(Chip("mute", "person-raised-hand", _("Not validated")), why, closed, closed, True, True)


def _not_released(opens: dt.datetime | None) -> Standing:
    if opens is None:
        why = _("The centre has not released it yet.")
        return Standing(Chip("info", "hourglass-split", _("On its way")), why, why, why)
    zone = institution.zone()
    when = dates.moment(opens, zone)
    chip = Chip(
        "info", "hourglass-split", _("Available: %(when)s") % {"when": when}, dates.exact(opens, zone)
    )
    why = _("it opens %(when)s") % {"when": when[:1].lower() + when[1:]}
    return Standing(chip, "", why, why)


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
    phone = institution.current().phone
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
        why_link=("tel:" + phone, phone) if how.call and phone else None,
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
