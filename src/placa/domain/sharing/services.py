"""Writes of shares: make, send again, renew, prolong, end. Opening is in `opening.py`."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from placa.common import clock
from placa.domain.access import rules
from placa.domain.access.models import ShareGrant, SharePart
from placa.domain.access.moment import moment
from placa.domain.access.selectors import NotVisible, explain, get_study, has_facet, release_moment
from placa.domain.access.services import opened
from placa.domain.access.viewers import Viewer
from placa.domain.accounts import throttle
from placa.domain.accounts.models import User
from placa.domain.archive.models import Study
from placa.domain.audit import services as audit
from placa.domain.institution import selectors as institution
from placa.domain.notifications.services import post_all
from placa.domain.people.models import Guardianship, Patient
from placa.domain.sharing import keys, messages, periods, pins, selectors
from placa.domain.sharing.errors import InvalidShareError
from placa.domain.sharing.opening import open_with_pin

__all__ = ["Key", "Made", "create_share", "open_with_pin", "prolong", "renew", "resend", "revoke"]

SHARE_MAILS = throttle.Policy("share-mails", free=40, first=900, longest=6 * 3600, window=24 * 3600)
SHEET = "sheet"  # names the sheet where a mapping of PINs names recipients by their e-mail
MOST_RECIPIENTS = 10
Delivery = Literal["mail", "sms", "in_person"]


@dataclass(frozen=True, slots=True)
class Key:
    """What opens one part: told once, to whoever shares."""

    part: SharePart
    link: str
    pin: str


@dataclass(frozen=True, slots=True)
class Made:
    """A new share and its keys, recipients first, the sheet last."""

    grant: ShareGrant
    keys: list[Key]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wishes:
    """How a share is to be, once the studies are known to be shareable."""

    emails: list[str]
    pin: str | Mapping[str, str] | None
    pin_by: str
    mobiles: Mapping[str, str]
    with_sheet: bool


def create_share(
    *,
    viewer: Viewer,
    study_uids: Sequence[str],
    recipients: Sequence[str] = (),
    days: int | None = None,
    until: dt.date | None = None,
    pin: str | Mapping[str, str] | None = None,
    message: str = "",
    images: bool = True,
    report: bool = True,
    download: bool = True,
    openings_maximum: int | None = None,
    shows_contact: bool = True,
    tells_openings: bool = True,
    delivery: Delivery = "mail",
    mobiles: Mapping[str, str] | None = None,
    with_sheet: bool = False,
) -> Made:
    """Share studies of one patient with `recipients` (e-mails), on a sheet, or both.

    `pin` is one for all recipients (the sheet still gets another), or one an e-mail (and `SHEET`); what it
    leaves out is made. `delivery` is how recipients get their PIN; `sms` takes `mobiles` by e-mail.
    Raises NotVisible for a study that this viewer may not share (doctors and companies: any),
    InvalidShareError for what cannot be shared so.
    """
    emails = [checked_email(email) for email in recipients]
    # outside the transaction: the audit event of a refusal must outlive it
    studies = shareable(viewer, study_uids, sheet_only=not emails)
    _check_choice(emails, with_sheet, images or report, openings_maximum)
    patient = studies[0].patient
    assert patient is not None  # a study without a patient is nobody's to share
    times = periods.period(studies, days=days, until=until)
    grant = ShareGrant(
        patient=patient, created_by=_user(viewer), guardianship=_guardianship(viewer, patient), images=images,
        report=report, download=download, starts_at=times.starts_at, expires_at=times.expires_at,
        openings_maximum=openings_maximum, message=message.strip()[:1000], shows_contact=shows_contact,
        tells_openings=tells_openings, language=(translation.get_language() or patient.language)[:2],
    )  # fmt: skip
    pin_by = {"mail": "mail", "sms": "sms", "in_person": "person"}[delivery]
    wishes = _Wishes(emails=emails, pin=pin, pin_by=pin_by, mobiles=mobiles or {}, with_sheet=with_sheet)
    return _create(viewer, studies, grant, wishes)


def _create(viewer: Viewer, studies: list[Study], grant: ShareGrant, wishes: _Wishes) -> Made:
    """Hash PINs and write letters first, which takes up to a second; the transaction only writes."""
    made = [
        _new_part(
            grant,
            SharePart.MAIL,
            _chosen(wishes.pin, email),
            email,
            wishes.pin_by,
            wishes.mobiles.get(email, ""),
        )
        for email in wishes.emails
    ]
    if wishes.with_sheet:
        made.append(_new_part(grant, SharePart.SHEET, _chosen(wishes.pin, SHEET, alone=not wishes.emails)))
    letters = {key.part.public_id: messages.letters(key.part, key.pin) for key in made}
    with transaction.atomic():
        grant.save()
        grant.studies.set(studies)
        for key in made:
            key.part.grant = grant  # it has its number now
            key.part.save(force_insert=True)
            _take_mail(viewer, key.part)
            post_all(letters[key.part.public_id])
        for study in studies:
            opened(viewer, study, "share", share=str(grant.public_id))
    return Made(grant, made)


def shareable(viewer: Viewer, study_uids: Sequence[str], *, sheet_only: bool = False) -> list[Study]:
    """The studies, if `viewer` may share every one and they are one patient's.

    A sheet may be made before release (5.4): the study is then listed and waits for nothing but its
    moment. Raises NotVisible or InvalidShareError.
    """
    if viewer.role not in ("patient", "staff") or (viewer.role == "staff" and not sheet_only):
        for uid in study_uids:
            _refused(viewer, uid)
        raise NotVisible("share")
    studies = [_shareable(viewer, uid, sheet_only) for uid in dict.fromkeys(study_uids)]
    if not studies:
        raise InvalidShareError("studies", _("Please choose what you want to share."))
    if len({study.patient_id for study in studies}) > 1:
        raise InvalidShareError("studies", _("A share holds the studies of one person only."))
    return studies


def _shareable(viewer: Viewer, uid: str, sheet_only: bool) -> Study:
    if sheet_only and not has_facet(viewer, uid, "share"):
        study = get_study(viewer, uid)
        if may_wait_for_release(viewer, study):
            return study
    return get_study(viewer, uid, need="share")


def may_wait_for_release(viewer: Viewer, study: Study) -> bool:
    """Whether nothing but the release clock keeps a listed study from being shared: a sheet may be made."""
    only_clock = explain(viewer, study)["share"] == [rules.restrict_before_release.__name__]
    return viewer.role == "patient" and only_clock and release_moment(study) is not None


def checked_email(text: str) -> str:
    """A recipient's e-mail, trimmed, its domain in lower case; raises InvalidShareError."""
    if any(not character.isprintable() for character in text):  # CR and LF would write headers (case 20)
        raise InvalidShareError("recipients", _("This is not an e-mail address."))
    email = text.strip()
    try:
        validate_email(email)
    except ValidationError as error:
        raise InvalidShareError("recipients", _("This is not an e-mail address.")) from error
    name, _at, domain = email.rpartition("@")
    return f"{name}@{domain.lower()}"


def resend(*, viewer: Viewer, part: SharePart, what: Literal["link", "pin"]) -> str:
    """Send a part's link again, or a new PIN; the PIN is returned, to be told where it is not sent.

    The part must be `selectors.get_part`'s. Raises InvalidShareError for one that ended or is locked:
    that one is renewed.
    """
    _must_work(part)
    pin = _new_pin(part) if what == "pin" else ""
    letters = messages.pin_letters(part, pin) if pin else messages.link_letters(part)
    with transaction.atomic():
        if pin:
            part.wrong_pins = 0
            # by name: a lock or an opening that came meanwhile must not be written over (S4)
            part.save(update_fields=["pin_hash", "pin_sealed", "wrong_pins"])
        if pin or letters:
            _take_mail(viewer, part)
        post_all(letters)
        _record(viewer, part.grant, f"share_{what}_sent", part)
    return pin


def renew(*, viewer: Viewer, part: SharePart) -> Key:
    """A new link and a new PIN for one part, a locked one too; the old link is dead, other parts stay."""
    _must_work(part, locked=True)
    part.version += 1
    part.wrong_pins, part.tried_at, part.locked_at, part.openings = 0, None, None, 0
    keys.set_token(part)
    pin = _new_pin(part)
    letters = messages.letters(part, pin)
    with transaction.atomic():
        part.save()
        _take_mail(viewer, part)
        post_all(letters)
        _record(viewer, part.grant, "share_renewed", part)
    return Key(part, keys.link_of(part), pin)


@transaction.atomic
def revoke(*, viewer: Viewer, grant: ShareGrant) -> bool:
    """End a share for good, at the next request everywhere; False where it was ended before."""
    now = clock.now()
    if not ShareGrant.objects.filter(pk=grant.pk, revoked_at=None).update(revoked_at=now):
        return False
    grant.revoked_at = now
    SharePart.objects.filter(grant=grant).update(pin_sealed="")
    _record(viewer, grant, "share_revoked")
    return True


@transaction.atomic
def prolong(*, viewer: Viewer, grant: ShareGrant, days: int) -> dt.datetime:
    """Let a share that still works end `days` from today; returns its new end. Raises InvalidShareError.

    Never later than a share that began when this one did could end at most: a longer one is made anew.
    """
    if grant.revoked_at or grant.expires_at <= clock.now():
        raise InvalidShareError("days", _("This share has ended. Please make a new one."))
    studies = list(grant.studies.all())
    latest = periods.longest(studies, grant.starts_at)
    if grant.expires_at >= latest:
        raise InvalidShareError("days", _("It works as long as it can already. Please make a new share."))
    ends = min(periods.period(studies, days=days).expires_at, latest)
    later = ShareGrant.objects.filter(pk=grant.pk, revoked_at=None, expires_at__lt=ends)
    if not later.update(expires_at=ends):
        raise InvalidShareError("days", _("It already works that long."))
    grant.expires_at = ends
    _record(viewer, grant, "share_prolonged")
    return ends


def _check_choice(emails: list[str], with_sheet: bool, something: bool, openings: int | None) -> None:
    if not emails and not with_sheet:
        raise InvalidShareError(
            "recipients", _("Please write the e-mail of at least one person, or print the sheet.")
        )
    if len(emails) > MOST_RECIPIENTS:
        raise InvalidShareError("recipients", _("A share goes to ten people at most."))
    if len({email.casefold() for email in emails}) < len(emails):
        raise InvalidShareError("recipients", _("This address is there twice."))
    if not something:
        raise InvalidShareError("images", _("Please choose images, report or both."))
    if openings is not None and not 1 <= openings <= 1000:
        raise InvalidShareError("openings_maximum", _("Please write a number from 1 to 1000."))


def _chosen(pin: str | Mapping[str, str] | None, name: str, *, alone: bool = False) -> str:
    """The PIN chosen for one part, "" where the portal makes it: a sheet beside mails never has theirs."""
    if isinstance(pin, Mapping):
        return pin.get(name, "")
    return (pin or "") if name != SHEET or alone else ""


def _new_part(
    grant: ShareGrant, kind: str, chosen: str, email: str = "", pin_by: str = "person", mobile: str = ""
) -> Key:
    if not chosen and institution.setting("share_pin_chosen") and kind == SharePart.MAIL:
        raise InvalidShareError("pin", _("Please choose a PIN."))
    if pin_by == "sms" and not mobile:
        raise InvalidShareError("mobile", _("Please write the mobile number for the PIN."))
    part = SharePart(
        grant=grant, kind=kind, email=email, pin_by=pin_by, mobile=mobile if pin_by == "sms" else ""
    )
    pin = _checked_pin(grant, chosen) if chosen else _made_pin(grant)
    keys.set_token(part)
    keys.set_pin(part, pin)
    return Key(part, keys.link_of(part), pin)


def _checked_pin(grant: ShareGrant, pin: str) -> str:
    if why := pins.weakness(pin, *secrets_of(grant.patient, grant.created_by)):
        raise InvalidShareError("pin", why)
    if pins.mentions(grant.message, pin):
        raise InvalidShareError("message", _("The message goes with the link: leave the PIN out."))
    return pin


def _made_pin(grant: ShareGrant) -> str:
    return pins.make(*secrets_of(grant.patient, grant.created_by), without=grant.message)


def secrets_of(patient: Patient, user: User | None) -> tuple[list[dt.date | None], list[str]]:
    """Birth dates and phone numbers of patient and guardian, which no PIN may hold."""
    guardian = Patient.objects.filter(user=user).first() if user else None
    dates = [patient.birth_date, guardian.birth_date if guardian else None]
    return dates, [patient.mobile, patient.phone]


def secrets_for(viewer: Viewer, studies: Sequence[Study]) -> tuple[list[dt.date | None], list[str]]:
    """The same for a share that is still to be made of `studies`, all one patient's."""
    patient = studies[0].patient
    assert patient is not None
    return secrets_of(patient, _user(viewer))


def _take_mail(viewer: Viewer, part: SharePart) -> None:
    """Count a mail to an address of the patient's choice: an account is no relay for letters to strangers.

    Raises InvalidShareError beyond a day's fill.
    """
    if part.kind != SharePart.MAIL:
        return
    try:
        throttle.take(SHARE_MAILS, f"{viewer.role}:{viewer.user_id}")
    except throttle.ThrottledError as error:
        reason = _("Many mails were sent from your account today. Please try again later, or call us.")
        raise InvalidShareError("recipients", reason) from error


def _new_pin(part: SharePart) -> str:
    pin = _made_pin(part.grant)
    keys.set_pin(part, pin)
    return pin


def _must_work(part: SharePart, *, locked: bool = False) -> None:
    allowed = ("active", "waiting", "locked", "used_up") if locked else ("active", "waiting")
    if selectors.state_of(part) not in allowed:
        raise InvalidShareError("part", _("This key no longer works. Please make a new one."))


def _user(viewer: Viewer) -> User | None:
    return User.objects.filter(pk=viewer.user_id).first() if viewer.user_id else None


def _guardianship(viewer: Viewer, patient: Patient) -> Guardianship | None:
    """The link that the share rests on where a guardian makes it: it ends with it (2.9)."""
    if viewer.role != "patient" or viewer.subject == patient.pk:
        return None
    return rules.active_guardianships(moment()).get(guardian_id=viewer.subject, child=patient)


def _refused(viewer: Viewer, uid: str) -> None:
    audit.record(
        action="open_share", outcome="refused", actor=viewer.actor, role=viewer.role, session=viewer.session,
        address=viewer.address, study_uid=uid, once_in_window=True,
    )  # fmt: skip


def _record(viewer: Viewer, grant: ShareGrant, action: str, part: SharePart | None = None) -> None:
    detail = {"share": str(grant.public_id)} | ({"part": str(part.public_id)} if part else {})
    audit.record(
        action=action, actor=viewer.actor, role=viewer.role, session=viewer.session, address=viewer.address,
        patient=str(grant.patient_id), detail=detail,
    )  # fmt: skip
