"""Pages of the demo; each answers 404 outside the demo, and to anybody who is not on this machine."""

from django.urls import path

from placa.demo import outbox

app_name = "demo"
urlpatterns = [
    path("demo/outbox", outbox.messages, name="outbox"),
    path("demo/outbox/<uuid:public_id>", outbox.message, name="outbox_message"),
    path("demo/outbox/<uuid:public_id>/html", outbox.html, name="outbox_html"),
]
