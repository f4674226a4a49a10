"""Routes of what a professional keeps in the viewer: under /measurements/, and not behind a share's token."""

from django.urls import path

from placa.interfaces.web.viewer import measurements

app_name = "measurements"
urlpatterns = [
    path("<str:uid>", measurements.kept, name="kept"),
    path("<str:uid>/report.dcm", measurements.report, name="report"),
    path("<str:uid>/key-images.dcm", measurements.key_objects, name="key-objects"),
]
