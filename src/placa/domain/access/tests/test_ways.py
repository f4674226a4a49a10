"""A grant in parts gives what the whole gives; lists of several ways are pages like any other."""

import pytest
from django.db.models import Exists, Q

from placa.common import paging
from placa.domain.access import rules, search, selectors
from placa.domain.access.records import orders_visible_to, ways_to_orders
from placa.domain.access.viewers import Viewer
from placa.domain.access.ways import is_walked, ways
from placa.domain.archive.models import Study
from placa.domain.institution.models import Site
from placa.domain.orders.models import ServiceRequest
from placa.domain.people.models import Permission


@pytest.mark.parametrize(
    ("whole", "parts"),
    [
        (Q(a=1), [Q(a=1)]),
        (Q(a__in=[2, 1]), [Q(a=1), Q(a=2)]),
        (Q(a__in=frozenset({1, 2})) | Q(a=None), [Q(a=1), Q(a=2), Q(a=None)]),
        (Q(a__in=[1, 2]) & (Q(b=3) | Q(c=4)), [Q(a=1, b=3), Q(a=1, c=4), Q(a=2, b=3), Q(a=2, c=4)]),
        (~Q(a__in=[1, 2]), [~Q(a__in=[1, 2])]),
        (Q(a=1) ^ Q(b=2), [Q(a=1) ^ Q(b=2)]),
        (rules.NONE, []),
        (rules.NONE & Q(a=1), []),
    ],
)
def test_parts_of_a_grant(whole: Q, parts: list[Q]) -> None:
    assert ways(whole) == parts


def test_what_grants_everything_stays_what_it_is() -> None:
    assert ways(rules.ALL)[0] is rules.ALL


def test_of_which_parts_an_index_knows_the_order() -> None:
    named = Q(order__in=ServiceRequest.objects.values("pk"))
    assert is_walked(Q(site=None) & rules.PAYER_HOLDS & Q(Exists(Study.objects.all())))
    assert not is_walked(named)
    assert not is_walked(Q(site=1) & (Q(payer=2) | named))


def of_sites(*sites: Site) -> Viewer:
    keys = frozenset(site.pk for site in sites)
    return Viewer(role="staff", subject=1, permissions=frozenset(Permission.values), sites=keys)


@pytest.mark.django_db
@pytest.mark.parametrize("size", [1, 2, 3, 40])
def test_pages_of_several_sites_and_of_none(size: int) -> None:
    first, *others = Site.objects.order_by("pk")
    homeless = Study.objects.filter(site=first).order_by("exam_at").first()
    assert homeless is not None
    Study.objects.filter(pk=homeless.pk).update(site=None)
    Study.objects.filter(site=first).update(exam_at=homeless.exam_at)  # then the key decides
    for sites in ([first], [first, *others]):
        viewer = of_sites(*sites)
        rows, cursor = list[Study](), ""
        while True:
            page = search.page(selectors.listed(viewer), cursor, size)
            rows += page.rows
            if not (cursor := page.next):
                break
        wanted = Study.objects.filter(Q(site__in=sites) | Q(site=None)).order_by("-exam_at", "-pk")
        assert rows == list(wanted)
        assert search.count(selectors.listed(viewer), 100) == len(rows)
        assert search.count(selectors.listed(viewer), 1) == 2


@pytest.mark.django_db
@pytest.mark.parametrize("size", [1, 2, 40])
def test_pages_of_orders_of_several_sites_and_of_none(size: int) -> None:
    first, *others = Site.objects.order_by("pk")
    ServiceRequest.objects.filter(pk=ServiceRequest.objects.order_by("pk")[0].pk).update(site=None)
    for sites in ([first], [first, *others]):
        viewer = of_sites(*sites)
        visible = orders_visible_to(viewer)
        rows, cursor = list[ServiceRequest](), ""
        while True:
            page = paging.page(
                visible, by="-ordered_at", cursor=cursor, size=size, ways=ways_to_orders(viewer)
            )
            rows += page.rows
            if not (cursor := page.next):
                break
        assert rows == list(visible.order_by("-ordered_at", "-pk"))


def test_a_viewer_whom_nothing_is_granted_has_an_empty_list(db: None) -> None:
    nobody = Viewer(role="nobody")
    assert search.page(selectors.listed(nobody)).rows == []
    assert search.count(selectors.listed(nobody), 10) == 0
