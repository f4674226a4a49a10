"""Every address of Placa; each door keeps its own routes beside its views."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
