"""WSGI entry point (Django under ASGI would buffer the ZIP stream)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "placa.config.settings")
application = get_wsgi_application()
