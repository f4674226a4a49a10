"""Every address of the URL resolver, asked by everybody: what the hand-written rows say, exactly."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound

from placa.domain.access.models import ShareGrant
from placa.domain.accounts.models import User
from placa.domain.archive.models import Study
from placa.domain.audit.models import AuditEvent
from placa.domain.institution.models import DicomPeer, Institution, ReleaseDelay, Setting
from placa.domain.people.models import Organization, Patient, Practitioner
from placa.domain.reports.models import DiagnosticReport
from tests.access.doors import Doors, every_pattern, open_doors
from tests.access.routes import ASKERS, DEEDS, kinds, routes

ROUTES, KINDS = routes(), kinds()
OF_A_STUDY = ("<str:uid>", "<str:study>")
# behind a share's token only the share counts: whoever else is signed in there is asked by two examples
BEHIND_A_TOKEN = ("anon", "ana", "jefe", "hugo")


@pytest.fixture(scope="module")
def opened(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Doors]:
    """Doors, with files in a storage of their own, undone after the module."""
    home, before = tmp_path_factory.mktemp("doors"), settings.ENVIRONMENT
    settings.ENVIRONMENT = replace(before, home=home, storage_url=f"file://{home / 'archive'}")
    # who may see the page does not hang on npm having built it
    bundle: tuple[str, list[str], list[str]] = ("build/viewer/main.js", [], [])
    built = mock.patch("placa.interfaces.web.ui.assets.vite_chunks", return_value=bundle)
    with built, django_db_blocker.unblock(), transaction.atomic():
        yield open_doors()
        transaction.set_rollback(True)
    settings.ENVIRONMENT = before


@pytest.fixture
def doors(opened: Doors, db: None) -> Doors:
    return opened


@pytest.fixture
def plain_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two thirds of the answers are the page of what is not there: here its status, drawn where a test looks at it."""
    monkeypatch.setattr("django.conf.urls.handler404", _not_found)


def _not_found(_request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponseNotFound()


def askers(pattern: str) -> tuple[str, ...]:
    return BEHIND_A_TOKEN if pattern.startswith("s/") else ASKERS


def studies(pattern: str) -> tuple[int, ...]:
    return (1, 2, 3, 4) if any(part in pattern for part in OF_A_STUDY) else (1,)


def test_every_route_has_a_row() -> None:
    walked = every_pattern()
    assert sorted(walked - ROUTES.keys()) == [], "a new route needs a row in tests/access/routes.py"
    assert sorted(ROUTES.keys() - walked) == [], "rows of routes that are gone"


@pytest.mark.parametrize("pattern", [p for p, (how, kind) in ROUTES.items() if "GET" in how])
@pytest.mark.usefixtures("plain_refusals")
def test_who_gets_what(doors: Doors, pattern: str) -> None:
    kind = ROUTES[pattern][1]
    wanted = {asker: KINDS[kind][asker] for asker in askers(pattern)}
    wrong = {}
    for asker, should in wanted.items():
        got = [doors.clients[asker].get(doors.address(pattern, n)).status_code for n in studies(pattern)]
        if got != should:
            wrong[asker] = f"should be {should}, is {got}"
    assert wrong == {}


@pytest.mark.parametrize(
    "pattern", [p for p, (how, kind) in ROUTES.items() if kind in DEEDS and "POST" in how]
)
def test_deeds_are_refused_and_change_nothing(doors: Doors, pattern: str) -> None:
    before, refused = snapshot(), AuditEvent.objects.filter(outcome="refused").count()
    kind = ROUTES[pattern][1]
    for study in studies(pattern):
        address = doors.address(pattern, study)
        got = {asker: doors.clients[asker].post(address).status_code for asker in DEEDS[kind]}
        assert got == dict.fromkeys(DEEDS[kind], 404)
        assert doors.clients["anon"].post(address).status_code == 302
    assert snapshot() == before
    assert AuditEvent.objects.filter(outcome="refused").count() > refused


def snapshot() -> list[object]:
    """Everything that a deed could change, but for what looking leaves."""
    models = (Study, DiagnosticReport, Patient, User, Institution, Setting, DicomPeer, ReleaseDelay)
    return [list(model.objects.order_by("pk").values()) for model in models]


# of each audience, of a study, of a share: nothing that anybody has
NOWHERE = (
    "/no-such-page", "/patient/no-such-page", "/doctor/no-such-page", "/company/no-such-page", "/staff/no-such-page",
    "/viewer/1.2.3", "/files/1.2.3/study.zip", "/s/no-such-share",
)  # fmt: skip


@pytest.mark.parametrize("asker", ASKERS)
def test_the_page_of_what_is_not_there_is_drawn_for_everybody(doors: Doors, asker: str) -> None:
    addresses = list(NOWHERE)
    if asker == "hugo":
        addresses += [f"/s/{doors.common['token']}/{page}/1.2.3" for page in ("studies", "viewer")]
    drawn = set()
    for address in addresses:
        answer = doors.clients[asker].get(address)
        asked_to_sign_in = asker in ("anon", "hugo") and answer.status_code == 302
        if not asked_to_sign_in:
            assert answer.status_code == 404, address
            assert b"</html>" in answer.content, address
            drawn.add(address)
    assert len(drawn) > 4


@pytest.mark.parametrize("pattern", ROUTES)
@pytest.mark.usefixtures("plain_refusals")
def test_other_methods_are_refused(doors: Doors, pattern: str) -> None:
    methods = ROUTES[pattern][0]
    able = next((a for a in ("jefe", "ana", "diaz", "gomez", "hugo") if _reaches(pattern, a)), "jefe")
    address = doors.address(pattern, 1)
    for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - methods:
        answer = doors.clients[able].generic(method, address)
        assert answer.status_code in (405, 404), (method, able, answer.status_code)


def _reaches(pattern: str, asker: str) -> bool:
    kind = ROUTES[pattern][1]
    if kind in DEEDS:
        return asker in {"patient": ("ana",), "doctor": ("diaz",)}.get(kind, ("jefe",))
    return kind in KINDS and KINDS[kind][asker][0] == 200


QIDO = (
    "", "?PatientName=*", "?PatientName=**", "?PatientID=*", "?PatientID=402-*", "?AccessionNumber=DOOR-*",
    "?AccessionNumber=DOOR-?", "?StudyDate=19000101-29991231", "?ModalitiesInStudy=CT", "?fuzzymatching=true",
    "?PatientName=%25", "?PatientName=_*", "?includefield=all", "?limit=1000&offset=0", "?orderby=PatientName",
    "?StudyDescription=TC", "?StudyInstanceUID=" + ",".join(f"1.2.826.0.1.3680043.10.998.{n}" for n in (1, 2, 3, 4)),
)  # fmt: skip
QIDO_SEES = {
    "ana": {1}, "carla": set(), "diaz": {1, 2}, "egea": {4}, "gomez": {1, 2}, "heras": {3}, "jefe": {1, 2, 3, 4},
    "ines": set(), "hugo": {1},
}  # fmt: skip


@pytest.mark.parametrize("level", ["studies", "series", "instances"])
@pytest.mark.parametrize("query", QIDO)
def test_a_search_finds_own_rows_only(doors: Doors, query: str, level: str) -> None:
    got = {}
    for asker in QIDO_SEES:
        door = f"/s/{doors.common['token']}" if asker == "hugo" else ""
        answer = doors.clients[asker].get(f"{door}/dicomweb/{level}{query}")
        uids = [row["0020000D"]["Value"][0] for row in answer.json()] if answer.status_code == 200 else []
        got[asker] = {int(uid.rpartition(".")[2]) for uid in uids}
        assert len(uids) == len(got[asker])
        assert "X-Total-Count" not in answer.headers
        assert "more results" not in answer.headers.get("Warning", "")
    if query in ("?PatientName=%25", "?PatientName=_*"):  # no wildcards in DICOM: they find nothing at all
        assert got == {asker: set() for asker in QIDO_SEES}
    else:
        assert got == QIDO_SEES


LISTS = {
    "ana": ("/patient/", {1, 2}), "carla": ("/patient/", set()), "diaz": ("/doctor/", {1, 2}),
    "egea": ("/doctor/", {4}), "gomez": ("/company/", {1, 2}), "heras": ("/company/", {3}),
    "jefe": ("/staff/studies/", {1, 2, 3, 4}), "ines": ("/staff/studies/", {1, 2, 4}),
}  # fmt: skip


@pytest.mark.parametrize("query", ["", "?q=tc", "?q=door", "?q=%25", "?q=*", "?q=morales"])
@pytest.mark.parametrize("asker", LISTS)
def test_lists_name_own_studies_only(doors: Doors, asker: str, query: str) -> None:
    path, own = LISTS[asker]
    body = doors.clients[asker].get(path + query).content.decode()
    listed = {
        n for n in (1, 2, 3, 4) if f"{doors.parts[n]['uid']}/" in body or f'{doors.parts[n]["uid"]}"' in body
    }
    assert listed == own if not query else listed <= own


def _make_exclusive() -> None:
    Study.objects.update(exclusive_to=Organization.objects.get(identifier="arl"))


def _disable_companies() -> None:
    Organization.objects.update(enabled=False)


def _revoke() -> None:
    ShareGrant.objects.update(revoked_at="2026-01-01T00:00Z")


WITHDRAWN = {
    "embargo": ("ana", lambda: Study.objects.update(release="held")),
    "hand_delivery": ("ana", lambda: Study.objects.update(hand_delivery=True)),
    "account": ("ana", lambda: User.objects.update(is_active=False)),
    "exclusivity": ("diaz", _make_exclusive),
    "hidden": ("gomez", lambda: Study.objects.update(hidden_by_patient=True)),
    "doctor": ("diaz", lambda: Practitioner.objects.update(state="disabled")),
    "company": ("gomez", _disable_companies),
    "share_of_withheld": ("hugo", lambda: Study.objects.update(release="held")),
    "share_of_exclusive": ("hugo", _make_exclusive),
    "share": ("hugo", _revoke),
}  # fmt: skip
FILES = [
    pattern for pattern, (_how, kind) in ROUTES.items()
    if kind in ("dicomweb", "objects", "page_images", "page_report", "download", "share_data", "share_page")
]  # fmt: skip


@pytest.mark.parametrize("name", WITHDRAWN)
def test_what_is_withdrawn_is_refused_at_the_next_request(doors: Doors, name: str) -> None:
    asker, withdraw = WITHDRAWN[name]
    withdraw()
    open_still = {}
    for pattern in FILES:
        if pattern.startswith("s/") == (asker == "hugo") and "zip-status" not in pattern:
            status = doors.clients[asker].get(doors.address(pattern, 1)).status_code
            if status < 300:
                open_still[pattern] = status
    # a withheld study is still listed to whoever holds a share of it, with nothing in it
    allowed = {"s/<str:token>/studies/<str:uid>"} if name == "share_of_withheld" else set()
    assert open_still.keys() <= allowed
