"""Which patients and orders a member of staff may work with: the site's own, nothing exclusive without the right.

Permission by tab is the door's question; this one is which rows lie behind it.
"""

from django.db.models import Exists, OuterRef, Q, QuerySet

from placa.domain.access.viewers import Viewer
from placa.domain.archive.models import Study
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import EXCLUSIVE, Organization, Patient, Permission

_PEOPLE = frozenset({Permission.PATIENTS, Permission.ORDERS, Permission.INBOX})
_ORDERS = frozenset(
    {Permission.ORDERS, Permission.STUDIES, Permission.INBOX, Permission.PATIENTS, Permission.UPLOAD}
)


def patients_visible_to(viewer: Viewer) -> QuerySet[Patient]:
    """Patients that this member of staff may find and open; merged records are nobody's.

    Limited to sites: whoever has an order or study there or at no site at all, and whoever has neither yet.
    """
    if viewer.role != "staff" or not viewer.permissions & _PEOPLE:
        return Patient.objects.none()
    patients = Patient.objects.filter(merged_into=None)
    if viewer.sites is None:
        return patients
    orders = ServiceRequest.objects.filter(patient=OuterRef("pk"))
    studies = Study.objects.filter(patient=OuterRef("pk"))
    here = Exists(orders.filter(_here(viewer))) | Exists(studies.filter(_here(viewer)))
    return patients.filter(here | (~Exists(orders) & ~Exists(studies)))


def orders_visible_to(viewer: Viewer) -> QuerySet[ServiceRequest]:
    """Orders of this member's sites or of no site; those an exclusive payer has, with the permission only (4.3)."""
    if viewer.role != "staff" or not viewer.permissions & _ORDERS:
        return ServiceRequest.objects.none()
    # asked of each order: by a join SQLite would begin with the patients and sort all their orders
    merged = Patient.objects.filter(pk=OuterRef("patient_id"), merged_into__isnull=False)
    orders = ServiceRequest.objects.exclude(Exists(merged))
    if viewer.sites is not None:
        orders = orders.filter(_here(viewer))
    return orders if viewer.may(Permission.EXCLUSIVE) else orders.exclude(Exists(_exclusive_payers()))


def ways_to_orders(viewer: Viewer) -> list[Q]:
    """Conditions of which each order of `orders_visible_to` meets one, each with an index in the order of the list."""
    return [Q()] if viewer.sites is None else [Q(site=None), *(Q(site=site) for site in sorted(viewer.sites))]


def _here(viewer: Viewer) -> Q:
    return Q(site=None) | Q(site_id__in=viewer.sites or ())


def _exclusive_payers() -> QuerySet[Organization]:
    return Organization.objects.filter(EXCLUSIVE, pk=OuterRef("payer_id"))
