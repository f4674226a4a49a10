"""Routes of files: under /files/, and under /s/<token>/files/ for the holder of a share."""

from django.urls import path

from placa.interfaces.web.files import views

app_name = "files"
urlpatterns = [
    path("<str:uid>/report/<uuid:report>", views.report, name="report"),
]
