"""Routes of the viewer: /viewer/<study uid> and what it holds, and the same under /s/<token>/ for the holder of a share."""

from django.urls import path

from placa.interfaces.web.viewer import views

app_name = "viewer"
urlpatterns = [
    path("<str:uid>", views.page, name="open"),
    path("<str:uid>/series", views.described, name="described"),
]
