"""Routes of OHIF, under /ohif/: its own routes are one word each, its files have a dot in their names."""

from django.urls import path

from placa.interfaces.web.ohif import views

app_name = "ohif"
urlpatterns = [
    path("", views.page, name="list"),
    path("<slug:mode>", views.page, name="page"),
    path("<path:file>", views.file, name="file"),
]
