"""Who may store images from outside, and where: staff with the permission to upload, at their sites (9.1, 9.4)."""

from placa.domain.access.viewers import Viewer
from placa.domain.archive.models import Study
from placa.domain.audit import services as audit
from placa.domain.people.models import Permission


class MayNotStore(Exception):
    """This viewer stores nothing; audited."""


def open_store(viewer: Viewer) -> None:
    """Nothing, if `viewer` may store images; else the refusal is audited and MayNotStore raised."""
    if viewer.may(Permission.UPLOAD):
        return
    audit.record(
        action="store", outcome="refused", actor=viewer.actor, role=viewer.role, session=viewer.session,
        address=viewer.address,
    )  # fmt: skip
    raise MayNotStore


def site_of_store(viewer: Viewer) -> int | None:
    """The site of what `viewer` stores: their only one; None where they have several or all."""
    return next(iter(viewer.sites)) if viewer.sites and len(viewer.sites) == 1 else None


def may_add_to(viewer: Viewer, study_instance_uid: str) -> bool:
    """Whether `viewer` may add to this study: one that is new, or at a site of theirs or at none."""
    if viewer.sites is None:
        return True
    known = Study.objects.filter(study_instance_uid=study_instance_uid).values_list("site_id", flat=True)
    return all(site is None or site in viewer.sites for site in known)


def stored(viewer: Viewer, study_instance_uid: str, instances: int) -> None:
    """Audit that `viewer` stored so many instances in a study."""
    audit.record(
        action="store", actor=viewer.actor, role=viewer.role, session=viewer.session, address=viewer.address,
        study_uid=study_instance_uid, detail={"instances": instances},
    )  # fmt: skip
