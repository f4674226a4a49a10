"""WSGI entry point (Django under ASGI would buffer the ZIP stream)."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "placa.config.settings")
django = get_wsgi_application()
# Every view is imported here, before gunicorn forks: else the first visitor of each process waits seconds for it.
get_resolver().url_patterns  # noqa: B018 - a property that imports

from placa.interfaces.dicomweb.quick import QuickDoor  # noqa: E402 - its views want Django ready

application = QuickDoor(django)
