"""Reads of shares: by the token of a link, and as their patient sees them."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from django.db.models import Q, QuerySet

from placa.common import clock, tokens
from placa.domain.access import rules
from placa.domain.access.models import ShareGrant, SharePart
from placa.domain.access.moment import Moment, moment
from placa.domain.access.selectors import NotVisible, known_visible_to, patients_in_sight, studies_visible_to
from placa.domain.access.viewers import Viewer
from placa.domain.archive.models import Study
from placa.domain.audit import selectors as audit
from placa.domain.audit.models import AuditEvent
from placa.domain.sharing import periods

State = Literal["active", "waiting", "locked", "used_up", "ended", "revoked"]


def part_by_token(token: str) -> SharePart | None:
    """The part that a link names, in whatever state; None for a token that is none or was replaced."""
    return SharePart.objects.select_related("grant").filter(token_hash=tokens.hashed(token)).first()


def usable_part(part: SharePart | None, *, opening: bool = True) -> SharePart | None:
    """`part` while it works or will work: not ended, not locked, something left in it. Else None.

    With `opening` there must be an opening left; without, a browser that is inside may stay.
    """
    if part is None or (opening and _used_up(part)):
        return None
    when = moment(max(clock.now(), part.grant.starts_at))
    if not rules.live_parts(when).filter(pk=part.pk).exists():
        return None
    return part if _not_withdrawn(part, when) else None


def viewer_of(part: SharePart, *, session: str = "", address: str = "") -> Viewer:
    """The anonymous viewer that a share's part is."""
    return Viewer(role="share", subject=part.pk, session=session, address=address)


def state_of(part: SharePart) -> State:
    """How a part stands, for its patient."""
    now, grant = clock.now(), part.grant
    if grant.revoked_at:
        return "revoked"
    if grant.expires_at <= now or not _guarded(grant):
        return "ended"
    if part.locked_at:
        return "locked"
    if _used_up(part):
        return "used_up"
    return "waiting" if grant.starts_at > now else "active"


@dataclass(frozen=True, slots=True)
class Share:
    """A share as its patient sees it: only with what they may still see of it."""

    grant: ShareGrant
    studies: list[Study]
    parts: list[tuple[SharePart, State]]

    @property
    def live(self) -> bool:
        """Whether it can still be ended or prolonged."""
        return any(state not in ("ended", "revoked") for _part, state in self.parts)

    @property
    def ends_at(self) -> dt.datetime:
        """The last second in which it works."""
        return self.grant.revoked_at or periods.last_moment(self.grant.expires_at)

    @property
    def last_day(self) -> dt.date:
        """The day of `ends_at` in the institution's zone."""
        return periods.local(self.ends_at).date()

    @property
    def openings(self) -> int:
        """How often it was opened, over all its parts."""
        return sum(part.openings for part, _state in self.parts)


def shares_of(viewer: Viewer) -> list[Share]:
    """Shares of the patient's own studies and of the children in sight, newest first."""
    grants = ShareGrant.objects.filter(patient__in=patients_in_sight(viewer)).select_related("patient")
    return [share for grant in grants.order_by("-id") if (share := _share(viewer, grant)).studies]


def live_shares_of(viewer: Viewer, limit: int = 3) -> list[Share]:
    """The newest shares that still work, at most `limit`: for a glance at home."""
    grants = ShareGrant.objects.filter(
        patient__in=patients_in_sight(viewer), revoked_at=None, expires_at__gt=clock.now()
    ).select_related("patient")
    return [share for grant in grants.order_by("-id")[:limit] if (share := _share(viewer, grant)).studies]


CHANGES = ("share_revoked", "share_prolonged", "share_renewed", "share_locked")


def changes_of(study: Study) -> QuerySet[AuditEvent]:
    """What became of the shares that hold `study`, and by whom: ended, prolonged, renewed, locked; newest first."""
    grants = ShareGrant.objects.filter(studies=study).values_list("public_id", "patient_id")
    owners = {str(public_id): patient for public_id, patient in grants}
    return audit.events_of_shares(owners, set(owners.values()), CHANGES)


def endings_of(shares: Iterable[Share]) -> dict[str, AuditEvent]:
    """The event by which somebody ended each of `shares`, by the public id of the share."""
    owners = {str(one.grant.public_id): one.grant.patient_id for one in shares if one.grant.revoked_at}
    events = audit.events_of_shares(owners, set(owners.values()), ["share_revoked"])
    return {event.detail["share"]: event for event in events}


def get_share(viewer: Viewer, public_id: uuid.UUID) -> Share:
    """One share of a patient in sight; raises NotVisible for any other."""
    found = ShareGrant.objects.filter(patient__in=patients_in_sight(viewer), public_id=public_id).first()
    share = _share(viewer, found) if found else None
    if share is None or not share.studies:
        raise NotVisible("share")
    return share


def get_part(viewer: Viewer, public_id: uuid.UUID) -> SharePart:
    """One part of a share in sight; raises NotVisible for any other."""
    part = SharePart.objects.select_related("grant").filter(public_id=public_id).first()
    if part is None:
        raise NotVisible("share")
    get_share(viewer, part.grant.public_id)
    return part


def _share(viewer: Viewer, grant: ShareGrant) -> Share:
    visible = known_visible_to(viewer).filter(pk__in=grant.studies.values("pk"))
    parts = grant.parts.select_related("grant").order_by("id")
    return Share(grant, list(visible), [(part, state_of(part)) for part in parts])


def _not_withdrawn(part: SharePart, when: Moment) -> bool:
    """Whether a study is left that no rule withholds; a report merely not ready yet withholds nothing."""
    viewer, left = viewer_of(part), Q(pk__in=[])
    facets: list[rules.Facet] = [facet for facet in ("images", "report") if getattr(part.grant, facet)]
    for facet in facets:
        unhindered = Q()
        for bound in rules.RESTRICTIONS:
            if "share" in bound.roles and bound.rule is not rules.restrict_report_ready:
                unhindered &= bound.rule(viewer, when, facet)
        left |= unhindered
    return studies_visible_to(viewer, at=when.at).filter(left).exists()


def _used_up(part: SharePart) -> bool:
    maximum = part.grant.openings_maximum
    return maximum is not None and part.openings >= maximum


def _guarded(grant: ShareGrant) -> bool:
    guarded = Q(pk=grant.guardianship_id)
    return grant.guardianship_id is None or rules.active_guardianships(moment()).filter(guarded).exists()


def earlier_of(viewer: Viewer, studies: Sequence[Study]) -> list[Study]:
    """Earlier studies of the same patient and modality that may be shared too (5.9), newest first."""
    first = min(studies, key=lambda study: study.exam_at)
    kinds = {kind for study in studies for kind in study.modalities_in_study}
    older = known_visible_to(viewer, need="share").filter(patient=first.patient, exam_at__lt=first.exam_at)
    return [study for study in older if kinds & set(study.modalities_in_study)]
