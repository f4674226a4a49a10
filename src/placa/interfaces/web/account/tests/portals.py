"""The door's own addresses, and a small portal for each role behind it."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from placa.interfaces.web.account.session import background, signed_in, viewer_of


@signed_in("patient")
def patient(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"patient {viewer_of(request).subject}")


@signed_in("doctor")
def doctor(request: HttpRequest) -> HttpResponse:
    return HttpResponse("doctor")


@signed_in("company")
def company(request: HttpRequest) -> HttpResponse:
    return HttpResponse("company")


@signed_in("staff")
def staff(request: HttpRequest) -> HttpResponse:
    return HttpResponse("staff")


@background
@signed_in("patient")
def polled(request: HttpRequest) -> HttpResponse:
    return HttpResponse("polled")


def door(request: HttpRequest) -> HttpResponse:
    viewer = viewer_of(request)
    return HttpResponse(f"{viewer.role} {viewer.user_id} {viewer.session} {viewer.address}")


urlpatterns = [
    path("", include("placa.interfaces.web.account.urls")),
    path(
        "patient/", include(([path("", patient, name="home"), path("poll", polled, name="poll")], "patient"))
    ),
    path("doctor/", include(([path("", doctor, name="home")], "doctor"))),
    path("company/", include(([path("", company, name="home")], "company"))),
    path("staff/", include(([path("", staff, name="home")], "staff"))),
    path("dicomweb/studies", door),
]
