"""Every address of Placa; each door keeps its own routes beside its views."""

from django.urls import URLPattern, URLResolver, include, path

# doors that a share's token opens too: the same routes, once more under /s/<token>/
DOORS = ("dicomweb", "viewer", "files")
MODULES = {
    "dicomweb": "placa.interfaces.dicomweb.urls",
    "viewer": "placa.interfaces.web.viewer.urls",
    "files": "placa.interfaces.web.files.urls",
}

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("placa.interfaces.api.health")),
    path("", include("placa.interfaces.web.ui.urls")),
    path("", include("placa.interfaces.web.account.urls")),
    path("patient/", include("placa.interfaces.web.patient.urls")),
    path("staff/", include("placa.interfaces.web.staff.urls")),
    path("doctor/", include("placa.interfaces.web.doctor.urls")),
    path("company/", include("placa.interfaces.web.company.urls")),
    path("s/", include("placa.interfaces.web.recipient.urls")),
    path("ohif/", include("placa.interfaces.web.ohif.urls")),
    path("measurements/", include("placa.interfaces.web.viewer.own_urls")),
    *(path(f"{door}/", include(MODULES[door])) for door in DOORS),
    *(path(f"s/<str:token>/{door}/", include(MODULES[door], namespace=f"share-{door}")) for door in DOORS),
    path("", include("placa.demo.urls")),
]

handler500 = "placa.interfaces.web.ui.failures.server_error"
