"""Places that are not routed are left out; the one shown is marked."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import ResolverMatch, include, path

from placa.interfaces.web.ui import navigation


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


patient = ([path("", page, name="home"), path("s/<int:n>", page, name="study")], "patient")
urlpatterns = [path("patient/", include(patient))]


@pytest.mark.urls(__name__)
def test_only_routed_places_are_offered() -> None:
    assert [item.url for item in navigation.main_nav("patient", "")] == ["/patient/"]
    assert navigation.main_nav("doctor", "") == []


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("here", "current"), [("patient:home", True), ("patient:study", True), ("x:y", False)]
)
def test_a_list_is_lit_by_its_details_too(here: str, current: bool) -> None:
    assert navigation.main_nav("patient", here)[0].current is current


@pytest.mark.parametrize(
    ("namespaces", "said", "audience"),
    [
        (["doctor"], "", "doctor"),
        (["account"], "", "patient"),
        (["account"], "staff", "staff"),
        ([], "nobody", "patient"),
    ],
)
def test_audience_comes_from_the_view_or_the_address(namespaces: list[str], said: str, audience: str) -> None:
    request = RequestFactory().get("/")
    request.resolver_match = ResolverMatch(page, (), {}, namespaces=[*namespaces])
    if said:
        request.audience = said  # type: ignore[attr-defined]
    assert navigation.audience_of(request) == audience
