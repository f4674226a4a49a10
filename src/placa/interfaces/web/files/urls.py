"""Routes of files: under /files/, and under /s/<token>/files/ for the holder of a share."""

from django.urls import path

from placa.interfaces.web.files import recall_views, views, zip_views

app_name = "files"
urlpatterns = [
    path("<str:uid>/report/<uuid:report>", views.report, name="report"),
    path("<str:uid>/report/<uuid:report>/read/<int:number>", views.report_read, name="report_read"),
    path("<str:uid>/study.zip", zip_views.study_zip, name="zip"),
    path("<str:uid>/zip-status", zip_views.zip_status, name="zip_status"),
    path("<str:uid>/recall", recall_views.recall, name="recall"),
    path("<str:uid>/recall-status", recall_views.recall_status, name="recall_status"),
    path("<str:uid>/recall-panel", recall_views.recall_panel, name="recall_panel"),
]
