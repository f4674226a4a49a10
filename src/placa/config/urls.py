"""Every address of Placa; each door keeps its own routes beside its views."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("placa.interfaces.api.health")),
    path("", include("placa.interfaces.web.ui.urls")),
    path("", include("placa.interfaces.web.account.urls")),
    path("staff/", include("placa.interfaces.web.staff.urls")),
]
