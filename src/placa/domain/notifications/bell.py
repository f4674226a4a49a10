"""The words of the bell's notices, by key. Nothing clinical in them."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, str | Promise] = {
    "result": _("You have a new result."),
    "result_child": _("%(name)s has a new result."),
    "report_amended": _("A report of yours was corrected."),
    "report_amended_child": _("A report of %(name)s was corrected."),
    "result_doctor": _("A result of a patient of yours is ready."),
    "report_amended_doctor": _("A report of a patient of yours was corrected."),
    "report_withdrawn": _("A report of yours was withdrawn."),
    "report_withdrawn_child": _("A report of %(name)s was withdrawn."),
    "report_withdrawn_doctor": _("A report of a patient of yours was withdrawn."),
    "password_changed": _("Your password was changed."),
    "share_locked": _("A share was locked after five wrong PINs."),
    "share_opened": _("Someone opened what you shared."),
    "recall_ready": _("The images that you asked for are ready."),
}


def words(key: str, parameters: dict[str, str]) -> str:
    """The notice in the language of the moment."""
    return str(TEXTS[key]) % parameters
