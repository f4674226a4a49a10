"""Who gets in: nobody 401, another's study 404 everywhere, held objects nowhere, files only with the right to download."""

import pytest
from django.test import Client

from placa.demo.accounts import PASSWORD
from placa.domain.archive.models import Instance
from placa.domain.downloads.tests import world as files
from placa.domain.institution.models import Text
from placa.domain.people.models import Agreement
from placa.interfaces.dicomweb.tests.world import CT, STUDIES, STUDY, asker, one, parts, said

INSTANCE = f"{STUDY}/series/{CT}.1/instances/{CT}.1.1"
IMAGES = [
    f"{STUDY}/metadata", f"{STUDY}/thumbnail", f"{STUDY}/series", f"{STUDY}/instances",
    f"{STUDY}/series/{CT}.1/metadata", f"{STUDY}/series/{CT}.1/thumbnail", f"{STUDY}/series/{CT}.1/instances",
    f"{INSTANCE}/metadata", f"{INSTANCE}/thumbnail", f"{INSTANCE}/rendered", f"{INSTANCE}/frames/1",
    f"{INSTANCE}/frames/1/rendered",
]  # fmt: skip
FILES = [STUDY, f"{STUDY}/series/{CT}.1", INSTANCE]


@pytest.mark.parametrize("address", [STUDIES, *IMAGES, *FILES])
def test_nobody_is_401(address: str) -> None:
    answer = Client().get(address)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="placa"'


@pytest.mark.parametrize("address", [*IMAGES, *FILES, f"{INSTANCE}/bulkdata/00281201"])
def test_another_s_study_is_404_as_one_that_is_not_there(address: str) -> None:
    client = asker("carla")
    theirs, none = client.get(address), client.get(address.replace(CT, "1.2.3"))
    assert (theirs.status_code, none.status_code) == (404, 404)
    assert theirs.content == none.content


@pytest.mark.parametrize("username", ["ana", "diaz", "gomez", "jefe"])
def test_who_may_see_them_gets_images(username: str) -> None:
    client = asker(username)
    assert [client.get(address).status_code for address in IMAGES] == [200] * len(IMAGES)


def test_a_session_opens_the_door_like_a_token() -> None:
    Text.objects.all().delete()  # no notice to accept first
    client = Client()
    assert client.post("/", {"username": "diaz", "password": PASSWORD}).status_code == 302
    assert client.get(f"{STUDY}/metadata").status_code == 200
    client.post("/sign-out")
    assert client.get(f"{STUDY}/metadata").status_code == 401


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_is_written_here(method: str) -> None:
    assert getattr(asker(), method)(f"{STUDY}/metadata").status_code == 405


def test_whole_objects_want_the_right_to_download() -> None:
    client = asker("gomez")
    assert not Agreement.objects.get(organization__identifier="quisqueya").download
    assert [client.get(address).status_code for address in FILES] == [404] * 3
    assert client.get(f"{INSTANCE}/frames/1").status_code == 200
    Agreement.objects.filter(organization__identifier="quisqueya").update(download=True)
    assert [client.get(address).status_code for address in FILES] == [200] * 3


def test_what_waits_in_the_inbox_is_served_by_no_way() -> None:
    files.slices(1, series=9, PatientID="402-3304-9", PatientName="Núñez Sosa^Carla")
    assert Instance.objects.get(sop_instance_uid=f"{CT}.9.1").held
    client = asker()
    held = f"{STUDY}/series/{CT}.9"
    for part in ("", "/metadata", "/thumbnail"):
        assert client.get(held + part).status_code == 404, part
    for part in ("", "/metadata", "/thumbnail", "/rendered", "/frames/1"):
        assert client.get(f"{held}/instances/{CT}.9.1{part}").status_code == 404, part
    for listing in (f"{STUDY}/metadata", f"{STUDY}/instances"):
        assert {one(row, "0020000E") for row in said(client.get(listing))} == {f"{CT}.1"}
    assert [one(row, "0020000E") for row in said(client.get(f"{STUDY}/series"))] == [f"{CT}.1"]
    assert len(parts(client.get(STUDY))) == 3


def test_answers_are_kept_by_no_cache() -> None:
    client = asker()
    for address in (STUDIES, *IMAGES, *FILES):
        assert "no-store" in client.get(address)["Cache-Control"], address
