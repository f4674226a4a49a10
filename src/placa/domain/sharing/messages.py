"""Mails, SMS and bell of shares. The link travels without the PIN, the PIN without the link (5.3)."""

from typing import Any

from placa.common import clock
from placa.domain.access.models import ShareGrant, SharePart
from placa.domain.accounts.models import User
from placa.domain.notifications.services import Letter, compose_mail, compose_sms, ring, send_mail
from placa.domain.sharing import keys, periods


def letters(part: SharePart, pin: str) -> list[Letter]:
    """What a new key sends: the link, and the PIN on its own way."""
    return link_letters(part) + (pin_letters(part, pin) if part.kind == SharePart.MAIL else [])


def link_letters(part: SharePart) -> list[Letter]:
    """The first mail: who shares, the link, the message; phone and e-mail unless left out. None for the sheet."""
    if part.kind != SharePart.MAIL:
        return []
    grant = part.grant
    patient = grant.patient
    context = {
        "patient_name": patient.full_name,
        "phone": (patient.mobile or patient.phone) if grant.shows_contact else "",
        "email": patient.email if grant.shows_contact else "",
        "message": grant.message,
        "link": keys.link_of(part),
        "until": periods.local(periods.last_moment(grant.expires_at)),
        "pin_by": part.pin_by,
    }
    return [_mail(part, "share_link", context)]


def pin_letters(part: SharePart, pin: str) -> list[Letter]:
    """The PIN on its own way: a mail, an SMS, or nothing where the patient tells it."""
    context = {"pin": pin, "tries": SharePart.PIN_TRIES}
    if part.pin_by == "mail":
        return [_mail(part, "share_pin", context)]
    if part.pin_by == "sms":
        sms = compose_sms(
            to=part.mobile, template="share_pin", context=context, language=part.grant.language,
            recipient=f"share:{part.public_id}", dedupe_key=_once("share_pin", part),
        )  # fmt: skip
        return [sms]
    return []


def tell_opened(part: SharePart) -> None:
    """Tell whoever shares that it was opened, where they want to know."""
    if part.grant.tells_openings:
        _tell(part, "share_opened", f"{part.version}:{part.openings}")


def tell_locked(part: SharePart) -> None:
    """Tell whoever shares that five wrong PINs locked it (5.7)."""
    _tell(part, "share_locked", f"{part.version}:{part.pin_hash[-12:]}")


def _mail(part: SharePart, template: str, context: dict[str, Any]) -> Letter:
    return compose_mail(
        to=part.email, template=template, context=context, language=part.grant.language,
        recipient=f"share:{part.public_id}", dedupe_key=_once(template, part),
    )  # fmt: skip


def _once(template: str, part: SharePart) -> str:
    # a second click within the same second repeats nothing, unless it made another PIN; a resend later is wanted
    about = part.pin_hash[-12:] if template == "share_pin" else ""
    return f"{template}:{part.public_id}:{part.version}:{int(clock.now().timestamp())}{about}"


def _tell(part: SharePart, key: str, occasion: str) -> None:
    user = _owner(part.grant)
    patient = part.grant.patient
    dedupe = f"{key}:{part.public_id}:{occasion}"
    to = (user.email if user else "") or patient.email
    context = {
        "to_whom": part.email,
        "at": periods.local(clock.now()),
        "tries": SharePart.PIN_TRIES,
    }
    if to:
        recipient = f"user:{user.pk}" if user else f"patient:{patient.pk}"
        language = user.language if user else patient.language
        send_mail(
            to=to, template=key, context=context, language=language, recipient=recipient, dedupe_key=dedupe
        )
    if user:
        ring(
            user_id=user.pk, role="patient", key=key, parameters={}, dedupe_key=dedupe,
            link=f"/patient/shares/#share-{part.grant.public_id}",
        )  # fmt: skip


def _owner(grant: ShareGrant) -> User | None:
    """Who made the share as a patient or guardian; the patient themselves where staff printed it for them."""
    made_it = grant.created_by
    own = grant.patient.user
    if made_it is not None and (grant.guardianship_id is not None or made_it == own):
        return made_it
    return own
