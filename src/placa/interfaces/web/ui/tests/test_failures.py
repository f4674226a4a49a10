"""A database that is away is told plainly, with 503; anything else that fails is 500."""

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client


def _failing(error: Exception) -> Any:
    def execute(*_: Any) -> Any:
        raise error

    return connection.execute_wrapper(execute)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/patient/", "/dicomweb/studies"])
def test_without_the_database_every_page_says_come_back(client: Client, address: str) -> None:
    client.raise_request_exception = False
    client.cookies["placa"] = "a-session-that-must-be-looked-up"
    with _failing(OperationalError("server closed the connection")):
        answer = client.get(address)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "server closed" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.django_db
def test_another_failure_is_our_fault(client: Client) -> None:
    client.raise_request_exception = False
    client.cookies["placa"] = "a-session-that-must-be-looked-up"
    with _failing(ZeroDivisionError()):
        answer = client.get("/patient/")
    assert answer.status_code == 500
    assert "Retry-After" not in answer
