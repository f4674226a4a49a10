"""The institution's logo and accent, and the component gallery (404 outside the demo)."""

from django.urls import path

from placa.interfaces.web.ui import views

urlpatterns = [
    path("brand/logo-<slug:digest>", views.logo, name="institution_logo"),
    path("brand/accent-<slug:digest>.css", views.accent_sheet, name="institution_accent"),
    path("demo/ui", views.gallery, name="demo_ui"),
    path("demo/ui/<slug:name>", views.page, name="demo_ui_page"),
]
