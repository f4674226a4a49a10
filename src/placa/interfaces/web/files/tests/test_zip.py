"""The ZIP over HTTP: headers, ranges, refusals, and the cut when access ends."""

import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from placa.common import clock
from placa.demo import cast
from placa.domain.access.models import ShareGrant
from placa.domain.accounts import bearer
from placa.domain.accounts import services as accounts
from placa.domain.accounts.models import User
from placa.domain.archive.models import Instance, Study
from placa.domain.archive.storage import storage
from placa.domain.audit.models import AuditEvent
from placa.domain.downloads import package
from placa.domain.downloads.errors import DownloadCutError
from placa.domain.downloads.tests import world
from placa.domain.downloads.tests.world import CT, viewer
from placa.domain.institution.models import Text
from placa.domain.sharing import services as sharing
from placa.interfaces.dicomweb import answers
from placa.interfaces.web import running
from placa.interfaces.web.account import session as sessions
from placa.interfaces.web.files.byte_range import Unsatisfiable, asked_span

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive")]
URL = f"/files/{CT}/study.zip"


@pytest.fixture(autouse=True)
def _no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    Text.objects.all().delete()
    monkeypatch.setattr(package, "WAIT_SECONDS", 120.0)


def browser(username: str) -> Client:
    """Signed in as one of the cast in their first role, whether or not their portal has pages yet."""
    client, at = Client(), clock.now().timestamp()
    client.force_login(User.objects.get(username=username))
    session = client.session
    session.update({sessions.SIGNED_IN_AT: at, sessions.SEEN_AT: at, sessions.ROLE: viewer(username).role})
    session.save()
    return client


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def stream(answer: Any) -> Iterator[bytes]:
    return iter(answer.streaming_content)


def test_the_whole_has_its_exact_length_and_may_not_be_cached() -> None:
    world.slices(2)
    answer = browser("ana").get(URL)
    data = body(answer)
    assert answer.status_code == 200
    assert answer["Content-Length"] == str(len(data))
    assert answer["Content-Type"] == "application/zip"
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["Content-Disposition"] == f'attachment; filename="study-{world.PLAN.accession}.zip"'
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None


def test_head_says_the_same_and_leaves_no_trace() -> None:
    world.slices(1)
    ana = browser("ana")
    answer = ana.head(URL)
    assert body(answer) == b""
    assert not AuditEvent.objects.filter(action="download").exists()
    whole = ana.get(URL)
    assert {name: answer[name] for name in ("Content-Length", "ETag", "Content-Type")} == {
        name: whole[name] for name in ("Content-Length", "ETag", "Content-Type")
    }


def test_a_broken_download_goes_on_where_it_stopped() -> None:
    world.slices(3)
    ana = browser("ana")
    first = ana.get(URL)
    data, etag = body(first), first["ETag"]
    middle = len(data) // 2
    rest = ana.get(URL, headers={"Range": f"bytes={middle}-", "If-Range": etag})
    assert rest.status_code == 206
    assert rest["Content-Range"] == f"bytes {middle}-{len(data) - 1}/{len(data)}"
    assert rest["Content-Length"] == str(len(data) - middle)
    assert data[:middle] + body(rest) == data
    last = ana.get(URL, headers={"Range": "bytes=-22"})
    assert body(last) == data[-22:]


def test_if_the_study_changed_the_whole_comes_anew() -> None:
    world.slices(1)
    ana = browser("ana")
    old = ana.get(URL)["ETag"]
    world.slices(2)
    answer = ana.get(URL, headers={"Range": "bytes=10-", "If-Range": old})
    assert answer.status_code == 200
    assert answer["ETag"] != old


def test_a_range_outside_is_refused() -> None:
    world.slices(1)
    answer = browser("ana").get(URL, headers={"Range": "bytes=999999999-"})
    assert answer.status_code == 416
    assert answer["Content-Range"].startswith("bytes */")


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("", None), ("bytes=0-", (0, 100)), ("bytes=10-19", (10, 20)), ("bytes=90-500", (90, 100)),
        ("bytes=-5", (95, 100)), ("bytes=-500", (0, 100)), ("bytes=0-0", (0, 1)), ("bytes=1-2,5-6", None),
        ("bytes=-", None), ("bytes=9-3", None), ("lines=1-2", None), ("bytes=x-", None),
    ],
)  # fmt: skip
def test_ranges_as_rfc_9110_has_them(header: str, span: tuple[int, int] | None) -> None:
    found = asked_span(header, "", '"tag"', 100)
    assert (found and (found.start, found.stop)) == span


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=-0", "bytes=500-600"])
def test_ranges_beyond_the_end(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        asked_span(header, "", '"tag"', 100)


def test_one_download_is_one_event() -> None:
    world.slices(1)
    ana = browser("ana")
    for _ in range(3):
        body(ana.get(URL, headers={"Range": "bytes=0-99"}))
    event = AuditEvent.objects.get(action="download", study_uid=CT)
    assert (event.outcome, event.detail["parts"]) == ("success", "all")


@pytest.mark.parametrize("who", ["carla", "egea", "heras", "ines", "gomez"])
def test_another_person_finds_nothing(who: str) -> None:
    world.slices(1)
    client = browser(who)
    nothing = client.get("/files/1.2.3/study.zip")
    answer = client.get(URL)
    assert answer.status_code == nothing.status_code == 404
    assert client.get(f"/files/{CT}/zip-status").status_code == 404


def test_nobody_is_sent_to_the_door() -> None:
    answer = Client().get(URL)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/?next=")


def test_unknown_parts_and_series_are_not_there() -> None:
    world.slices(1)
    ana = browser("ana")
    assert ana.get(URL + "?parts=everything").status_code == 404
    assert ana.get(URL + "?series=1.2.3").status_code == 404
    assert ana.post(URL).status_code == 405


def test_the_parts_have_names_of_their_own() -> None:
    world.slices(1)
    answer = browser("ana").get(URL + "?parts=dicom")
    assert answer["Content-Disposition"].endswith('-dicom.zip"')
    assert not [
        n for n in zipfile.ZipFile(io.BytesIO(body(answer))).namelist() if n.endswith((".JPG", ".PDF"))
    ]


def test_a_missing_file_and_an_archived_study_are_said_clearly() -> None:
    world.slices(1)
    ana = browser("ana")
    storage().delete(Instance.objects.get(study=world.study()).storage_key)
    assert ana.get(URL).status_code == 503
    Study.objects.filter(study_instance_uid=CT).update(availability="offline")
    answer = ana.get(URL)
    assert answer.status_code == 409
    assert answer["Cache-Control"] == "no-store, private"
    assert ana.get(URL + "?parts=report").status_code == 200


def test_not_drawn_yet_says_when_to_come_again_and_has_it_done(monkeypatch: pytest.MonkeyPatch) -> None:
    study = world.slices(2)
    jobs = []
    monkeypatch.setattr(
        "placa.domain.downloads.services.enqueue", lambda name, *ids, **_: jobs.append((name, *ids))
    )
    monkeypatch.setattr(package, "WAIT_SECONDS", 0.0)
    answer = browser("ana").get(URL)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert jobs == [("downloads.prepare", study.pk)]


# --- access that ends while the bytes run


def revoke() -> None:
    sharing.revoke(viewer=viewer("ana"), grant=ShareGrant.objects.get())


def withdraw() -> None:
    payer = world.viewer("heras").subject
    Study.objects.filter(study_instance_uid=CT).update(exclusive_to=payer)


def disable() -> None:
    User.objects.filter(username="ana").update(is_active=False)


def sign_out_everywhere() -> None:
    accounts.sign_out_everywhere(user=User.objects.get(username="ana"))


def new_password() -> None:
    accounts.choose_password(user=User.objects.get(username="ana"), password="Guayac-7788")


ENDS = [withdraw, disable, sign_out_everywhere, new_password]


@pytest.mark.parametrize("url", [URL, f"/dicomweb/studies/{CT}"])
@pytest.mark.parametrize("end", [*ENDS, None])
def test_the_stream_is_cut_when_access_ends(end, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world.slices(3)
    monkeypatch.setattr(running, "ASKED_AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(answers, "AT_ONCE", 0)  # these files are small, and would be sent in one piece
    ana = browser("ana")
    chunks = stream(ana.get(url))
    next(chunks)
    if end:
        end()
    else:
        ana.post("/sign-out")
    with pytest.raises(DownloadCutError):
        list(chunks)


@pytest.mark.parametrize("end", ENDS)
def test_a_tokens_stream_is_cut_too(end, monkeypatch: pytest.MonkeyPatch) -> None:
    world.slices(3)
    monkeypatch.setattr(running, "ASKED_AGAIN_SECONDS", 0.0)
    token = bearer.issue_token(user=User.objects.get(username="ana"), role="patient")
    client = Client(headers={"Authorization": f"Bearer {token}"})
    assert body(client.get(URL))
    chunks = stream(client.get(URL))
    next(chunks)
    end()
    with pytest.raises(DownloadCutError):
        list(chunks)


def test_a_running_download_keeps_its_session_and_nothing_else_changes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world.slices(2)
    monkeypatch.setattr(running, "ASKED_AGAIN_SECONDS", 0.0)
    start = clock.now()
    with time_machine.travel(start, tick=False) as traveller:
        ana = browser("ana")
        chunks = stream(ana.get(URL))
        next(chunks)
        for _ in range(2):
            traveller.shift(timedelta(minutes=10))
            next(chunks)
        assert ana.get("/patient/").status_code == 200
        assert zipfile.ZipFile(io.BytesIO(body(ana.get(URL)))).testzip() is None


def test_a_cut_leaves_what_was_announced_unfinished(monkeypatch: pytest.MonkeyPatch) -> None:
    world.slices(3)
    monkeypatch.setattr(running, "ASKED_AGAIN_SECONDS", 0.0)
    answer = browser("ana").get(URL)
    chunks = stream(answer)
    sent = len(next(chunks))
    disable()
    with pytest.raises(DownloadCutError):
        next(chunks)
    assert sent < int(answer["Content-Length"])


def test_the_stream_asks_within_every_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now, asked = [100.0], []
    monkeypatch.setattr("placa.interfaces.web.running.time.monotonic", lambda: now[0])

    def chunks():
        for _ in range(20):
            now[0] += 0.1
            yield b"x"

    list(running.guarded(chunks(), lambda: asked.append(now[0]) or True))  # type: ignore[func-returns-value]
    assert len(asked) == 2
    assert max(b - a for a, b in zip([100.0, *asked], asked, strict=False)) <= 1.0


def entered_share() -> tuple[Client, str]:
    """A recipient's browser inside Ana's share of the CT, and the address of its ZIP."""
    made = sharing.create_share(
        viewer=viewer("ana"), study_uids=[CT], recipients=["hugo@medicos.example"], days=30
    )
    key, client = made.keys[0], Client()
    token = key.link.rpartition("/")[2]
    assert client.post(f"/s/{token}", {"pin": key.pin}).status_code == 302
    return client, f"/s/{token}/files/{CT}/study.zip"


def test_a_recipient_downloads_and_is_cut_off_by_revocation(monkeypatch: pytest.MonkeyPatch) -> None:
    world.slices(3)
    client, url = entered_share()
    answer = client.get(url)
    assert zipfile.ZipFile(io.BytesIO(body(answer))).testzip() is None
    event = AuditEvent.objects.get(action="download", study_uid=CT)
    assert event.role == "share"
    monkeypatch.setattr(running, "ASKED_AGAIN_SECONDS", 0.0)
    chunks = stream(client.get(url))
    next(chunks)
    revoke()
    with pytest.raises(DownloadCutError):
        list(chunks)
    assert client.get(url).status_code == 404


def test_leaving_a_share_cuts_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    world.slices(3)
    client, url = entered_share()
    monkeypatch.setattr(running, "ASKED_AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(answers, "AT_ONCE", 0)
    streams = [
        stream(client.get(one))
        for one in (url, url.replace("files/", "dicomweb/studies/").removesuffix("/study.zip"))
    ]
    for chunks in streams:
        next(chunks)
    assert client.post(url.partition("/files")[0] + "/leave").status_code == 200
    for chunks in streams:
        with pytest.raises(DownloadCutError):
            list(chunks)


def test_a_share_opens_only_what_was_shared() -> None:
    world.slices(1)
    client, url = entered_share()
    other = cast.STUDIES["ana_ecg"].uid
    assert client.get(url.replace(CT, other)).status_code == 404


# --- the state


def test_the_state_as_json_and_as_a_panel() -> None:
    world.slices(1)
    ana = browser("ana")
    address = f"/files/{CT}/zip-status"
    assert ana.get(address).json()["state"] == "preparing"
    panel = ana.get(address, headers={"HX-Request": "true"}).content.decode()
    assert 'hx-trigger="load delay:3s"' in panel
    assert "X-Placa-Background" in panel
    size = len(body(ana.get(URL)))  # makes it ready
    assert ana.get(address).json() == {"state": "ready", "bytes": size, "why": ""}
    panel = ana.get(address, headers={"HX-Request": "true"}).content.decode()
    assert f'href="{URL}"' in panel
    assert "hx-trigger" not in panel
    folded = ana.get(address + "?folded=1", headers={"HX-Request": "true"}).content.decode()
    assert URL not in folded
    assert f'hx-get="{address}"' in folded


def test_asking_for_the_state_keeps_no_session_alive() -> None:
    world.slices(1)
    start = clock.now()
    with time_machine.travel(start, tick=False) as traveller:
        ana = browser("ana")
        for _ in range(4):
            traveller.shift(timedelta(minutes=4))
            last = ana.get(f"/files/{CT}/zip-status")
        assert last.status_code == 302  # sixteen minutes without a person


def test_the_study_page_shows_the_panel() -> None:
    world.slices(1)
    page = browser("ana").get(f"/patient/studies/{CT}/").content.decode()
    assert f'hx-get="/files/{CT}/zip-status"' in page
    assert f'href="{URL}"' in page
