"""WSGI entry point (Django under ASGI would buffer the ZIP stream)."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "placa.config.settings")
django = get_wsgi_application()
# Every view is imported here, before gunicorn forks: else the first visitor of each process waits seconds for it.
get_resolver().url_patterns  # noqa: B018 - a property that imports
import_string("placa.domain.jobs.services.discover")()  # so does the first job that a request asks for

application = import_string("placa.interfaces.dicomweb.quick.QuickDoor")(
    django
)  # its views want Django ready
