"""Every setting an institution may change, with its type and default: the list staff see.

A key that is not here does not exist; a value of another type is refused.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Definition:
    """One setting: its type is that of `default`, unless `optional` lets it be None."""

    default: Any
    label: str | Promise
    minimum: int | None = None
    maximum: int | None = None
    optional: bool = False


DEFINITIONS: dict[str, Definition] = {
    # release (2.3, 2.4, 2.9, 2.19, 2.20)
    "release_delay_hours": Definition(24, _("Hours from the exam to its release to the patient"), 0, 24 * 60),
    "report_release_delay_hours": Definition(0, _("Hours from a final report to its release"), 0, 24 * 60),
    "doctor_first": Definition(False, _("The patient's delay starts when the ordering doctor has read it")),
    "doctor_first_limit_days": Definition(7, _("Days after which it starts in any case"), 1, 60),
    "hand_delivery_blocks_images": Definition(True, _("Hand delivery withholds the images too")),
    "unlinked_studies_wait": Definition(
        True, _("Studies without an order wait for staff while there is a workers' compensation insurer")
    ),
    "guardianship_until_age": Definition(16, _("Age at which guardians lose access"), 10, 25),
    "consent_required": Definition(False, _("Results need the patient's consent to be online")),
    "online_days": Definition(None, _("Days a study stays online"), 1, 3650, optional=True),
    "patient_may_hide": Definition(False, _("Patients may hide a study from doctors and companies")),
    # accounts (1.2 - 1.8)
    "portal_enabled_by_itself": Definition(True, _("An e-mail on file creates the account by itself")),
    "activation_hours": Definition(72, _("Hours a one-time password or activation link lives"), 1, 24 * 45),
    "notice_every_time": Definition(True, _("Show the notice after every sign-in")),
    "password_composition": Definition(True, _("Passwords need upper, lower, digit and symbol")),
    "idle_minutes": Definition(15, _("Idle minutes until the session ends"), 2, 240),
    # doctors and groups (3.3, 3.5)
    "doctor_download": Definition(True, _("Doctors may download")),
    "doctor_ohif": Definition(True, _("Doctors may open images in OHIF")),
    "groups_see_each_other": Definition(True, _("Members of a practice group see each other's studies")),
    # sharing (5.1, 5.2, 5.4)
    "share_days": Definition([15, 30, 45], _("Durations offered for a share, in days")),
    "share_days_maximum": Definition(45, _("Longest share, in days"), 1, 365),
    "share_pin_chosen": Definition(False, _("The patient must choose the PIN")),
    "share_sheet_prints_pin": Definition(True, _("The printed sheet shows the PIN")),
    # sheets and reports (5.4, 10.5)
    "letter_paper": Definition(False, _("Sheets and reports are on Letter paper, not on A4")),
    # the archive (12.4)
    "scrub_days": Definition(30, _("Days within which every stored file is checked"), 1, 365),
    # programs (10.2)
    "fuzzy_names": Definition(False, _("Programs may search for names by how they sound")),
    # notices (11.1)
    "sms_new_result": Definition(False, _("Send an SMS when a result is ready")),
    "sms_recall": Definition(True, _("Send an SMS when images are back from the archive")),
    # external archive (7.4)
    "recall_hours": Definition(4, _("Hours without an answer after which a recall is given up"), 1, 72),
    "evict_after_days": Definition(
        None, _("Days after which images may leave for the archive"), 1, 36500, optional=True
    ),
    "evict_unused_days": Definition(
        None, _("Days without use after which images may leave for the archive"), 1, 36500, optional=True
    ),
    "archive_gigabytes_maximum": Definition(
        None,
        _("Gigabytes of images kept here; beyond, those unused for longest leave"),
        1,
        10_000_000,
        optional=True,
    ),
    "prefetch_studies": Definition(0, _("Earlier studies recalled ahead when an order arrives"), 0, 20),
    "prefetch_same_modality": Definition(
        True, _("Only earlier studies of the same modality are recalled ahead")
    ),
}


def checked(key: str, value: Any) -> Any:
    """`value` if it fits the definition of `key`; raises KeyError or ValueError."""
    definition = DEFINITIONS[key]
    if value is None and definition.optional:
        return None
    kind = int if definition.optional else type(definition.default)
    if type(value) is not kind:
        raise ValueError(f"{key} must be {kind.__name__}")
    if isinstance(value, int) and not isinstance(value, bool):
        if definition.minimum is not None and value < definition.minimum:
            raise ValueError(f"{key} must be {definition.minimum} or more")
        if definition.maximum is not None and value > definition.maximum:
            raise ValueError(f"{key} must be {definition.maximum} or less")
    if isinstance(value, list) and not all(isinstance(days, int) and days > 0 for days in value):
        raise ValueError(f"{key} must be a list of days")
    return value
