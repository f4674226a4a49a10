"""Four steps, then done; the list afterwards. By the browser's way, with what it shows."""

import datetime as dt
import io
from typing import Any

import pypdf
import pytest
import time_machine
from django.test import Client

from placa.common import clock
from placa.demo import cast
from placa.domain.access.models import ShareGrant, SharePart
from placa.domain.accounts.models import User
from placa.domain.institution import selectors as institution
from placa.domain.institution.services import change_setting, publish_text
from placa.domain.sharing import keys, services, sheet
from placa.domain.sharing.tests.world import CT, HUGO, mails, share, viewer, wrong
from placa.interfaces.web.account import session as sessions

pytestmark = pytest.mark.django_db


def signed_in(username: str, role: str) -> Client:
    """A browser in which `username` is signed in and done with the way in."""
    client = Client()
    client.force_login(User.objects.get(username=username), backend=sessions.BACKEND)
    session = client.session
    now = clock.now().timestamp()
    session.update({sessions.SIGNED_IN_AT: now, sessions.SEEN_AT: now, sessions.ROLE: role})
    session[sessions.NOTICE] = ["{}:{}".format(*asked)] if (asked := institution.notice_asked(role)) else []
    session.save()
    return client


@pytest.fixture
def ana() -> Client:
    return signed_in("ana", "patient")


def post(client: Client, step: str, **fields: Any) -> Any:
    """Send a step's form with the mark that its page shows."""
    url = f"/patient/share/{step}/"
    shown = client.get(url)
    if shown.status_code == 200 and step != "who":
        fields = {"mark": shown.context["draft"].mark, "sealed": shown.context.get("sealed", ""), **fields}
    return client.post(url, fields)


def who(client: Client, *emails: str, **fields: Any) -> Any:
    return client.post(
        "/patient/share/",
        {"study": [CT], "email": list(emails), "again": list(emails), "shows_contact": "on", **fields},
    )


def to_review(client: Client, *emails: str, **fields: Any) -> None:
    """The first three steps, as one goes through them."""
    assert who(client, *emails, **fields).headers["Location"] == "/patient/share/how/"
    how = post(client, "how", images="on", report="on", download="on", days="30", tells_openings="on")
    assert how.headers["Location"] == "/patient/share/pin/"
    pin = post(client, "pin", delivery="mail")
    assert pin.headers["Location"] == "/patient/share/review/"


def test_share_from_the_first_step_to_the_mails(ana: Client) -> None:
    body = ana.get(f"/patient/share/?study={CT}").content.decode()
    assert "TC de abdomen" in body
    to_review(ana, HUGO, message="Para la consulta")
    review = ana.get("/patient/share/review/").content.decode()
    for word in (HUGO, "Para la consulta", "TC de abdomen"):
        assert word in review
    answer = post(ana, "review", action="share")
    assert answer.headers["Location"] == "/patient/share/done/"
    assert HUGO in ana.get("/patient/share/done/").content.decode()
    assert set(mails(HUGO)) == {"share_link", "share_pin"}
    part = SharePart.objects.get()
    assert part.kind == SharePart.MAIL
    # the draft is gone: going back does not share twice
    assert ana.get("/patient/share/review/").status_code == 302


def test_the_way_back_leads_to_the_step_that_it_names(ana: Client) -> None:
    to_review(ana, HUGO)
    for step, before in (
        ("how/", "/patient/share/who/"),
        ("pin/", "/patient/share/how/"),
        ("review/", "/patient/share/pin/"),
    ):
        body = ana.get(f"/patient/share/{step}").content.decode()
        assert f'class="p-back" href="{before}"' in body
        assert ana.get(before, follow=True).status_code == 200


def test_the_proposed_pin_is_the_one_sent(ana: Client) -> None:
    to_review(ana, HUGO)
    proposed = ana.get("/patient/share/review/").context["draft"].pins[HUGO]
    post(ana, "review", action="share")
    assert proposed in mails(HUGO)["share_pin"].text


def test_reading_a_step_keeps_nothing(ana: Client) -> None:
    ana.get(f"/patient/share/?study={CT}")
    assert "share_draft" not in ana.session
    assert not ShareGrant.objects.exists()


def test_nothing_of_a_share_is_in_an_address_or_readable_in_the_session(ana: Client) -> None:
    to_review(ana, HUGO)
    pin = ana.get("/patient/share/review/").context["draft"].pins[HUGO]
    assert pin not in str(dict(ana.session))


def test_addresses_must_be_typed_twice_the_same(ana: Client) -> None:
    answer = ana.post("/patient/share/", {"study": [CT], "email": [HUGO], "again": ["hugo@otro.example"]})
    assert answer.status_code == 422
    for bad in ("", "nadie", f"{HUGO}\r\nBcc: x@y.example"):
        assert who(ana, bad).status_code == 422
    assert not ShareGrant.objects.exists()


def test_another_person_gets_a_line(ana: Client) -> None:
    answer = who(ana, HUGO, add="1", message="Hola")
    assert answer.status_code == 200
    body = answer.content.decode()
    assert body.count('name="again"') == 2
    assert HUGO in body
    assert "Hola" in body
    to_review(ana, HUGO, "otra@medicos.example")
    post(ana, "review", action="share")
    assert SharePart.objects.count() == 2


def test_own_pin_is_checked(ana: Client) -> None:
    who(ana, HUGO, message="El PIN es 739204")
    post(ana, "how", images="on", days="15")
    for weak in ("123456", "111111", "12345", "739204"):
        assert post(ana, "pin", mode="own", pin=weak, delivery="mail").status_code == 422
    assert post(ana, "pin", mode="own", pin="739205", delivery="mail").status_code == 302
    post(ana, "review", action="share")
    assert "739205" in mails(HUGO)["share_pin"].text


def test_the_institution_may_want_a_chosen_pin(ana: Client) -> None:
    change_setting(key="share_pin_chosen", value=True, by="test")
    who(ana, HUGO)
    post(ana, "how", images="on", days="15")
    assert post(ana, "pin", delivery="mail").status_code == 422
    assert post(ana, "pin", pin="739205", delivery="mail").status_code == 302


def test_pin_told_in_person_is_shown_once_shared(ana: Client) -> None:
    who(ana, HUGO)
    post(ana, "how", images="on", days="15")
    post(ana, "pin", delivery="in_person")
    post(ana, "review", action="share")
    told = dict(ana.get("/patient/share/done/").context["told"])
    assert set(mails(HUGO)) == {"share_link"}
    assert keys.pin_fits(SharePart.objects.get(), told[HUGO])
    assert ana.session["share_told"]["pins"] == ""
    again = ana.get("/patient/share/done/")
    assert again.context["told"] == []
    assert told[HUGO] not in again.content.decode()


def test_pin_by_sms_wants_a_mobile(ana: Client) -> None:
    who(ana, HUGO)
    post(ana, "how", images="on", days="15")
    assert post(ana, "pin", delivery="sms", mobile="").status_code == 422
    assert post(ana, "pin", delivery="sms", mobile="+1 809 555 0199").status_code == 302
    post(ana, "review", action="share")
    assert set(mails("+18095550199")) == {"share_pin"}


@pytest.mark.parametrize(
    ("action", "kinds"), [("share", ["mail"]), ("print", ["sheet"]), ("both", ["mail", "sheet"])]
)
def test_share_print_or_both(ana: Client, action: str, kinds: list[str]) -> None:
    to_review(ana, HUGO)
    post(ana, "review", action=action)
    assert [part.kind for part in SharePart.objects.order_by("id")] == kinds
    assert bool(mails(HUGO)) == ("mail" in kinds)
    linked = b"/sheet/" in ana.get("/patient/share/done/").content
    assert linked == ("sheet" in kinds)


def test_print_alone_needs_no_address(ana: Client) -> None:
    to_review(ana, "", print="1")
    post(ana, "review", action="share")
    assert [part.kind for part in SharePart.objects.all()] == ["sheet"]


def test_durations(ana: Client) -> None:
    who(ana, HUGO)
    today = clock.today(institution.zone())
    late, fine = today + dt.timedelta(days=46), today + dt.timedelta(days=10)
    for bad in (
        {"days": "60"},
        {"days": "0"},
        {"days": ""},
        {"days": "date"},
        {"days": "date", "until": late},
    ):
        assert post(ana, "how", images="on", **bad).status_code == 422, bad
    assert post(ana, "how", days="30").status_code == 422  # neither images nor report
    assert post(ana, "how", images="on", days="date", until=fine).status_code == 302
    post(ana, "pin", delivery="mail")
    post(ana, "review", action="share")
    last = ShareGrant.objects.get().expires_at - dt.timedelta(seconds=1)
    assert last.astimezone(institution.zone()).date() == fine


def test_a_form_of_an_older_tab_shares_nothing(ana: Client) -> None:
    to_review(ana, HUGO)
    mark = ana.get("/patient/share/review/").context["draft"].mark
    ana.post("/patient/share/", {"study": [cast.STUDIES["ana_ecg"].uid], "email": [HUGO], "again": [HUGO]})
    post(ana, "how", images="on", days="30")
    post(ana, "pin", delivery="mail")
    assert ana.post("/patient/share/review/", {"mark": mark, "action": "share"}).status_code == 200
    assert not ShareGrant.objects.exists()


@pytest.mark.parametrize("key", ["carla_cr", "carla_wc", "stranger", "ana_biopsy"])
def test_what_is_not_theirs_to_share_is_not_there(ana: Client, key: str) -> None:
    uid = cast.STUDIES[key].uid
    assert ana.get(f"/patient/share/?study={uid}").status_code == 404
    assert ana.post("/patient/share/", {"study": [uid], "email": [HUGO], "again": [HUGO]}).status_code == 404
    assert (
        ana.post("/patient/share/", {"study": [CT, uid], "email": [HUGO], "again": [HUGO]}).status_code == 404
    )


def test_before_release_only_the_sheet(ana: Client) -> None:
    uid = cast.STUDIES["ana_mr"].uid
    assert ana.post("/patient/share/", {"study": [uid], "email": [HUGO], "again": [HUGO]}).status_code == 200
    assert ana.post("/patient/share/", {"study": [uid], "print": "1"}).status_code == 302
    post(ana, "how", images="on", days="30")
    post(ana, "pin")
    post(ana, "review", action="print")
    assert ShareGrant.objects.get().starts_at > clock.now()


@pytest.mark.parametrize(
    ("username", "role"),
    [("diaz", "doctor"), ("gomez", "company"), ("heras", "company"), ("ines", "staff"), ("jefe", "staff")],
)
def test_no_other_role_has_these_pages(username: str, role: str) -> None:
    client = signed_in(username, role)
    for url in ("share/", "share/how/", "share/pin/", "share/review/", "share/done/", "shares/"):
        assert client.get(f"/patient/{url}").status_code == 404
        if url in ("share/done/", "shares/"):
            continue  # pages that take no form
        assert (
            client.post(f"/patient/{url}", {"study": [CT], "email": [HUGO], "again": [HUGO]}).status_code
            == 404
        )
    assert not ShareGrant.objects.exists()


def test_nobody_signed_in_goes_to_the_sign_in() -> None:
    answer = Client().get(f"/patient/share/?study={CT}")
    assert answer.status_code == 302
    assert not answer.headers["Location"].startswith("/patient")


def test_list_and_what_can_be_done_with_it(ana: Client) -> None:
    made = share(delivery="in_person", with_sheet=True)
    part, printed = (key.part for key in made.keys)
    body = ana.get("/patient/shares/").content.decode()
    assert HUGO in body
    for action in (
        f"{made.grant.public_id}/end/",
        f"{made.grant.public_id}/prolong/",
        f"keys/{part.public_id}/resend/",
    ):
        assert ana.get(f"/patient/shares/{action}").status_code == 405
    ana.post(f"/patient/shares/{made.grant.public_id}/prolong/", {"days": "45"})
    assert ShareGrant.objects.get().expires_at > made.grant.expires_at
    assert "/prolong/" in body
    assert "/prolong/" not in ana.get("/patient/shares/").content.decode()  # as long as it can
    answer = ana.post(f"/patient/shares/keys/{part.public_id}/resend/", {"what": "pin"})
    told = dict(ana.get(answer.headers["Location"]).context["told"])
    assert keys.pin_fits(SharePart.objects.get(pk=part.pk), told[HUGO])
    ana.post(f"/patient/shares/keys/{printed.public_id}/renew/")
    assert SharePart.objects.get(pk=printed.pk).version == 2
    ana.post(f"/patient/shares/{made.grant.public_id}/end/")
    assert ShareGrant.objects.get().revoked_at is not None


def test_only_later_days_are_offered(ana: Client) -> None:
    made = share(days=30)
    assert offered(ana) == [45]
    with time_machine.travel(clock.now() + dt.timedelta(days=9), tick=False):
        ana = signed_in("ana", "patient")
        assert offered(ana) == [30, 36]  # 15 days from now it works anyway; 36 is as long as it can
        for days in ("15", "21", "0", "x"):
            ana.post(f"/patient/shares/{made.grant.public_id}/prolong/", {"days": days})
            assert ShareGrant.objects.get().expires_at == made.grant.expires_at
        ana.post(f"/patient/shares/{made.grant.public_id}/prolong/", {"days": "36"})
        assert ShareGrant.objects.get().expires_at > made.grant.expires_at
        assert offered(ana) == []


def test_what_ended_is_offered_no_longer_life(ana: Client) -> None:
    share(days=15)
    ShareGrant.objects.update(revoked_at=clock.now())
    assert offered(ana) == []


def offered(client: Client) -> list[int]:
    """By how many days from now the one share can be prolonged."""
    return [days for days, _day in client.get("/patient/shares/").context["rows"][0]["longer"]]


def test_another_patient_can_do_nothing_with_it() -> None:
    made = share(with_sheet=True)
    part, printed = (key.part for key in made.keys)
    carla = signed_in("carla", "patient")
    assert HUGO not in carla.get("/patient/shares/").content.decode()
    for action in (
        f"{made.grant.public_id}/end/",
        f"{made.grant.public_id}/prolong/",
        f"keys/{part.public_id}/resend/",
        f"keys/{part.public_id}/renew/",
    ):
        assert carla.post(f"/patient/shares/{action}", {"days": "45"}).status_code == 404
    assert carla.get(f"/patient/shares/keys/{printed.public_id}/sheet/").status_code == 404
    grant = ShareGrant.objects.get()
    assert (grant.revoked_at, grant.expires_at) == (None, made.grant.expires_at)


def text_of(pdf: bytes) -> str:
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    return "\n".join(one.extract_text() for one in reader.pages)


def test_sheet_says_what_it_must(ana: Client) -> None:
    publish_text(kind="compliance", bodies={"es": "Ley 172-13 de protección de datos"})
    key = share(recipients=[], with_sheet=True).keys[0]
    answer = ana.get(f"/patient/shares/keys/{key.part.public_id}/sheet/")
    assert answer.headers["Content-Type"] == "application/pdf"
    words = "".join(text_of(answer.content).split())
    for said in ("ClínicaAlborada", "AnaMoralesPeralta", "TCdeabdomenypelvis", "809-555-0142", "Ley172-13", key.pin,
                 "resultados@alborada.example", key.link.partition("://")[2]):  # fmt: skip
        assert said.replace(" ", "") in words
    assert len(pypdf.PdfReader(io.BytesIO(answer.content)).pages) == 1


def test_sheet_on_two_papers_and_without_pin_by_setting(ana: Client) -> None:
    key = share(recipients=[], with_sheet=True).keys[0]
    url = f"/patient/shares/keys/{key.part.public_id}/sheet/"
    sizes = []
    for query in ("", "?paper=letter", "?paper=A4", "?paper=A0"):
        box = pypdf.PdfReader(io.BytesIO(ana.get(url + query).content)).pages[0].mediabox
        sizes.append((round(float(box.width)), round(float(box.height))))
    assert sizes == [(595, 842), (612, 792), (595, 842), (595, 842)]
    change_setting(key="share_sheet_prints_pin", value=False, by="test")
    assert key.pin not in "".join(text_of(ana.get(url).content).split())


def test_the_code_holds_the_link_alone() -> None:
    import base64

    key = share(recipients=[], with_sheet=True).keys[0]
    drawn = base64.b64decode(sheet.qr(key.link).partition(",")[2]).decode()
    assert drawn == base64.b64decode(sheet.qr(keys.link_of(key.part)).partition(",")[2]).decode()
    assert key.pin not in key.link


def test_an_ended_share_has_no_sheet_any_more(ana: Client) -> None:
    key = share(recipients=[], with_sheet=True).keys[0]
    services.revoke(viewer=viewer("ana"), grant=key.part.grant)
    assert ana.get(f"/patient/shares/keys/{key.part.public_id}/sheet/").status_code == 404
    assert SharePart.objects.get(pk=key.part.pk).pin_sealed == ""


def test_unsafe_methods_need_a_token() -> None:
    made = share()
    client = signed_in("ana", "patient")
    client.handler.enforce_csrf_checks = True
    assert client.post(f"/patient/shares/{made.grant.public_id}/end/").status_code == 403
    assert (
        client.post("/patient/share/", {"study": [CT], "email": [HUGO], "again": [HUGO]}).status_code == 403
    )
    assert wrong(made.keys[0].pin) != made.keys[0].pin
    assert ShareGrant.objects.get().revoked_at is None
