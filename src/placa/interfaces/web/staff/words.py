"""Studies, events and waiting things in the words of staff."""

import datetime as dt

from django.utils.translation import gettext as _

from placa.domain.access.moment import Moment
from placa.domain.access.selectors import release_moment
from placa.domain.access.types import Study
from placa.domain.institution import selectors as institution
from placa.domain.intake.inbox import NOT_INDEXABLE, NOT_READABLE
from placa.domain.intake.models import InboxItem
from placa.domain.people.models import Patient
from placa.interfaces.web.ui import dates
from placa.interfaces.web.ui.rows import Chip
from placa.standards.dicom import errors

Kind = InboxItem.Kind
KIND_LOOKS = {
    Kind.UNKNOWN_PATIENT: ("person-x", "bad"),
    Kind.NO_PATIENT_ID: ("patch-exclamation", "bad"),
    Kind.DEMOGRAPHICS: ("exclamation-triangle", "wait"),
    Kind.TWO_CANDIDATES: ("people", "wait"),
    Kind.OTHER_CONTENT: ("copy", "wait"),
    Kind.OTHER_PATIENT: ("shuffle", "wait"),
    Kind.UNREADABLE: ("file-earmark", "mute"),
    Kind.DAMAGED: ("file-earmark", "bad"),
    Kind.PUT_BACK: ("arrow-counterclockwise", "wait"),
}


def kind_chip(item: InboxItem) -> Chip:
    """Why something waits."""
    picture, look = KIND_LOOKS[Kind(item.kind)]
    return Chip(look, picture, item.get_kind_display())  # type: ignore[arg-type]


def sender_name(sender: str) -> str:
    """Who sent what waits, by what the inbox keeps of it: `peer:` and an AE title, or `import`."""
    return _("import of files") if sender == "import" else sender.removeprefix("peer:")


def sex_name(code: str) -> str:
    """A DICOM Patient's Sex in words; what is none of them as it came."""
    return str(dict(Patient.Sex.choices).get(code, code))


def kind_help(kind: str) -> str:
    """What staff should do about it."""
    return {
        Kind.UNKNOWN_PATIENT: _(
            "The number that arrived is not on file. Compare and assign; you can undo it."
        ),
        Kind.NO_PATIENT_ID: _("It arrived without a patient's number. Compare and assign; you can undo it."),
        Kind.DEMOGRAPHICS: _(
            "The number is on file, but the person looks different. Compare before you assign."
        ),
        Kind.TWO_CANDIDATES: _("More than one person fits. Compare and assign; you can undo it."),
        Kind.PUT_BACK: _(
            "Staff took it away from a person or put it back, so it is given to nobody by itself. Compare and assign; "
            "you can undo it."
        ),
        Kind.OTHER_CONTENT: _(
            "An image that we already had arrived again with other content. The first one is kept."
        ),
        Kind.OTHER_PATIENT: _(
            "Images with another patient's number arrived in this study. Nobody sees those images."
        ),
        Kind.UNREADABLE: _("A file arrived that cannot be read. It is kept as it came."),
        Kind.DAMAGED: _(
            "Stored files of this study are damaged or gone, and nobody is shown them. Send the study again from the "
            "device, or restore the files from the backup: this entry closes by itself."
        ),
    }[Kind(kind)]


def reason_words(code: str) -> str:
    """Why a file could not be taken up: a reason code of `standards.dicom.errors` or of the intake, as staff say it."""
    if not code:
        return ""
    return {
        errors.NOT_DICOM: _("It is no DICOM file."),
        errors.TRUNCATED: _("It breaks off in the middle: a part of it is missing."),
        errors.TRUNCATED_PIXEL_DATA: _("It breaks off inside the picture: a part of it is missing."),
        errors.BAD_STRUCTURE: _("Its contents are not in the order that DICOM wants."),
        errors.TOO_DEEP: _("It is nested more deeply than any device does it."),
        errors.TOO_MANY_ELEMENTS: _("It holds more data than any image has."),
        errors.TOO_LARGE: _("It is too large."),
        errors.BAD_DEFLATE: _("It is compressed, and cannot be unpacked."),
        errors.MISSING_UID: _("It does not say which study, series or image it is."),
        errors.INVALID_UID: _("The number of its study, series or image is not a valid one."),
        errors.UNKNOWN_TRANSFER_SYNTAX: _("It is written in a way that the portal does not know."),
        errors.IS_DICOMDIR: _("It is the list of contents of a disc, not an image."),
        errors.NO_PIXEL_DATA: _("There is no picture in it."),
        errors.UNDECODABLE: _("Its picture cannot be unpacked."),
        errors.NOT_RENDERABLE: _("It cannot be shown as a picture or as text."),
        errors.BAD_PDF: _("The PDF in it is damaged, or is no PDF."),
        errors.BAD_PICTURE: _("The photo in it is damaged, or of a kind that the portal does not know."),
        NOT_READABLE: _("It could not be read."),
        NOT_INDEXABLE: _("It was read, and could not be entered into the archive."),
    }.get(code, _("It could not be read."))


def release_chip(study: Study, at: dt.datetime, when: Moment | None = None) -> Chip:
    """How a study stands towards its patient; a list passes its own `when`, read once."""
    if study.patient_id is None:
        return Chip("bad", "person-x", _("Without a patient"))
    if study.exclusive_to is not None:
        return Chip("accent", "lock-fill", _("Only for %(company)s") % {"company": study.exclusive_to.name})
    if study.release == Study.Release.HELD:
        return Chip("wait", "lock", _("Withheld"))
    if study.hand_delivery:
        if study.handed_over_at is not None:
            return Chip("ok", "person-check", _("Handed over"))
        return Chip("wait", "person-raised-hand", _("Hand delivery"))
    opens = release_moment(study, when)
    if opens is None:
        return Chip("wait", "link-45deg", _("Waits for an order"))
    zone = institution.zone()
    if opens > at:
        told = dates.moment(opens, zone)
        return Chip(
            "info", "hourglass-split", _("Opens: %(when)s") % {"when": told}, dates.exact(opens, zone)
        )
    return Chip("ok", "check-circle", _("Open to the patient"), dates.exact(opens, zone))


def action_words(action: str) -> str:
    """An audited action as staff say it."""
    return {
        "view": _("Opened the page"),
        "preview": _("Saw the preview"),
        "view_images": _("Looked at the images"),
        "view_report": _("Read the report"),
        "download": _("Downloaded"),
        "share": _("Shared it"),
        "share_revoked": _("Ended a share"),
        "share_prolonged": _("Let a share work longer"),
        "share_renewed": _("Made a new link and PIN for a share"),
        "share_locked": _("A share was locked after five wrong PINs"),
        "acknowledge": _("Read the urgent result and takes care of it"),
        "save_measurements": _("Kept measurements"),
        "store": _("Stored images by a program"),
        "assign_patient": _("Assigned to a patient"),
        "link_order": _("Linked to an order"),
        "unlink": _("Taken away from the patient"),
        "unlink_order": _("Taken away from its order"),
        "release_now": _("Released to the patient"),
        "hold": _("Withheld from the patient"),
        "release_by_delay": _("Left to open by itself"),
        "mark_hand_delivery": _("Hand delivery changed"),
        "hand_over": _("Handed over"),
        "report_version": _("A report arrived"),
        "report_withdrawn": _("The report was withdrawn"),
        "report_late_preliminary": _("A late preliminary report was left out"),
        "tell_again": _("Notification sent again"),
        "file_damaged": _("A stored file was found damaged"),
        "file_whole": _("A damaged file is whole again"),
        "archive_confirmed": _("The archive confirmed that it keeps it"),
        "evict_asked": _("Asked to evict the images"),
        "evict_stayed": _("The images could not leave"),
        "evict": _("Images left for the archive"),
        "recall": _("Asked for the images"),
        "recalled": _("Images brought back"),
        "recall_failed": _("The images could not be brought back"),
        "recall_cancelled": _("Recall cancelled"),
        "inbox_kept": _("Kept as it is"),
        "inbox_rejected": _("Rejected"),
        "inbox_reopened": _("Put back into the inbox"),
        "open_row": _("Tried to open the page"),
        "open_images": _("Tried to open the images"),
        "open_report": _("Tried to open the report"),
        "open_download": _("Tried to download"),
        "open_share": _("Tried to share it"),
    }.get(action, action.replace("_", " ").capitalize())


ACTION_ICONS = {
    "view": "eye", "preview": "image", "view_images": "images", "view_report": "file-earmark-text", "download": "download",
    "share": "share", "share_revoked": "x-circle", "share_prolonged": "clock", "share_renewed": "arrow-repeat",
    "share_locked": "lock", "acknowledge": "check2", "save_measurements": "pen", "store": "upload",
    "assign_patient": "person-check", "link_order": "link-45deg", "unlink": "person-x",
    "unlink_order": "link-45deg", "release_now": "send", "hold": "lock", "release_by_delay": "clock",
    "mark_hand_delivery": "person-raised-hand", "hand_over": "person-check", "report_version": "pen",
    "report_withdrawn": "x-octagon",
    "tell_again": "envelope", "inbox_kept": "check2", "inbox_rejected": "x-octagon",
    "inbox_reopened": "inbox", "archive_confirmed": "archive", "evict_asked": "archive", "evict": "archive",
    "evict_stayed": "x-octagon",
    "recall": "cloud-arrow-down", "recalled": "cloud-arrow-down", "recall_failed": "x-octagon",
    "recall_cancelled": "x-circle",
}  # fmt: skip


LOOKING = (
    "view", "preview", "view_images", "view_report", "download",
    "open_row", "open_images", "open_report", "open_download", "open_share",
)  # fmt: skip
"""Actions that change nothing: done again on one day by one person they are one line of a history."""


def action_icon(action: str) -> str:
    """The drawing of an audited action."""
    return ACTION_ICONS.get(action, "info-circle")


def told_words(what: str) -> str:
    """What somebody was told of."""
    return {
        "images": _("Images"),
        "report": _("Report"),
        "amended": _("Corrected report"),
        "withdrawn": _("Withdrawn report"),
    }.get(what, what)
