"""A body too large is refused before it is read, whoever sends it."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import RequestFactory

from placa.domain.accounts.models import User
from placa.interfaces.web.limits import FORM_BYTES, UPLOAD_BYTES, BodyLimitMiddleware

pytestmark = pytest.mark.django_db


def answer(path: str, length: str, user: object) -> HttpResponseBase:
    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse("read")

    request = RequestFactory().post(path, b"", content_type="multipart/form-data")
    request.META["CONTENT_LENGTH"] = length
    request.user = user  # type: ignore[assignment]
    return BodyLimitMiddleware(view)(request)


@pytest.mark.parametrize("path", ["/", "/staff/studies/2.25.1/report/", "/patient/share/who/"])
def test_a_stranger_sends_no_more_than_a_form(path: str) -> None:
    assert answer(path, str(FORM_BYTES), AnonymousUser()).status_code == 200
    assert answer(path, str(FORM_BYTES + 1), AnonymousUser()).status_code == 413


@pytest.mark.parametrize(
    ("path", "length", "status"),
    [
        ("/staff/studies/2.25.1/report/", UPLOAD_BYTES, 200),
        ("/staff/studies/2.25.1/report/", UPLOAD_BYTES + 1, 413),
        ("/patient/share/who/", FORM_BYTES + 1, 413),
        ("/notice", FORM_BYTES + 1, 413),
    ],
)
def test_files_go_where_files_go(path: str, length: int, status: int) -> None:
    assert answer(path, str(length), User.objects.get(username="ines")).status_code == status


@pytest.mark.parametrize("length", ["", "-1", "1e9", "²", "many"])
def test_a_length_that_is_none_counts_as_none(length: str) -> None:
    assert answer("/", length, AnonymousUser()).status_code == 200
