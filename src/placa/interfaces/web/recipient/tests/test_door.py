"""The door of a share: nothing personal before the PIN, one neutral page for all that is gone."""

import datetime as dt
import json
import logging

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext

from placa.common import tokens
from placa.common.redaction import MaskingFormatter, MaskTokens, masked
from placa.demo import cast
from placa.domain.access.models import SharePart
from placa.domain.accounts.models import User
from placa.domain.archive.models import Study
from placa.domain.audit.models import AuditEvent
from placa.domain.institution.services import publish_text
from placa.domain.people.models import Organization
from placa.domain.sharing import services
from placa.domain.sharing.tests.world import CT, share, token_of, viewer, wrong

pytestmark = pytest.mark.django_db
PERSONAL = ("Ana", "Morales", "abdomen", "402-1180-7", "ana@correo.example", "8095550111", "Hugo", "consulta")


def address(key: services.Key) -> str:
    return f"/s/{token_of(key)}"


def entered(client: Client, key: services.Key) -> str:
    """Give the PIN; the address of the study's page."""
    answer = client.post(address(key), {"pin": key.pin})
    assert answer.status_code == 302, answer.content
    return f"{address(key)}/studies/{CT}"


def page(client: Client, url: str, **how: object) -> str:
    answer = client.get(url, **how)  # type: ignore[arg-type]
    assert answer.status_code == 200, (url, answer.status_code)
    return str(answer.content.decode())


def test_before_the_pin_nothing_personal(client: Client) -> None:
    key = share(message="Para la consulta del lunes").keys[0]
    body = page(client, address(key))
    assert "Clínica Alborada" in body
    assert not [word for word in PERSONAL if word in body]
    assert key.pin not in body


def test_pin_leads_to_the_single_study(client: Client) -> None:
    key = share(message="Para la consulta del lunes").keys[0]
    url = entered(client, key)
    answer = client.get(f"{address(key)}/studies")
    assert answer.headers["Location"] == url
    body = page(client, url)
    for word in (
        "Ana Morales Peralta",
        "TC de abdomen y pelvis con contraste",
        "Sin hallazgos agudos",
        "consulta",
    ):
        assert word in body
    assert "/patient/" not in body
    assert AuditEvent.objects.filter(actor=f"share:{key.part.pk}", action="view", study_uid=CT).exists()


def test_several_studies_are_listed_and_nothing_else(client: Client) -> None:
    uids = [CT, cast.STUDIES["ana_ecg"].uid]
    key = share(study_uids=uids).keys[0]
    entered(client, key)
    body = page(client, f"{address(key)}/studies")
    listed = {plan for plan, study in cast.STUDIES.items() if study.uid in body}
    assert listed == {"ana_ct", "ana_ecg"}
    for plan in set(cast.STUDIES) - listed:
        answer = client.get(f"{address(key)}/studies/{cast.STUDIES[plan].uid}")
        assert answer.status_code == 404


def test_wrong_pin_shows_what_is_left_and_the_fifth_the_neutral_page(client: Client) -> None:
    key = share().keys[0]
    for left in (4, 3, 2, 1):
        answer = client.post(address(key), {"pin": wrong(key.pin)})
        assert answer.status_code == 422
        assert answer.context["left"] == left
    assert client.post(address(key), {"pin": wrong(key.pin)}).status_code == 404
    assert client.post(address(key), {"pin": key.pin}).status_code == 404


def neutral_states() -> dict[str, str]:
    """Links that open nothing any more, each for another reason."""
    ana = viewer("ana")
    revoked, locked, expired, renewed, used = (share(openings_maximum=9).keys[0] for _ in range(5))
    services.revoke(viewer=ana, grant=revoked.part.grant)
    SharePart.objects.filter(pk=locked.part.pk).update(locked_at=locked.part.grant.starts_at)
    expired.part.grant.expires_at = expired.part.grant.starts_at
    expired.part.grant.save()
    services.renew(viewer=ana, part=renewed.part)
    SharePart.objects.filter(pk=used.part.pk).update(openings=9)
    exclusive = share(study_uids=[cast.STUDIES["ana_ecg"].uid]).keys[0]
    arl = Organization.objects.get(identifier="arl")
    Study.objects.filter(study_instance_uid=cast.STUDIES["ana_ecg"].uid).update(exclusive_to=arl)
    withheld = share(study_uids=[cast.STUDIES["ana_lab"].uid]).keys[0]
    Study.objects.filter(study_instance_uid=cast.STUDIES["ana_lab"].uid).update(release="held")
    return {
        "unknown": "/s/" + "A" * 32, "short": "/s/x", "revoked": address(revoked), "locked": address(locked),
        "expired": address(expired), "renewed": address(renewed), "used up": address(used),
        "exclusive": address(exclusive), "withheld": address(withheld),
    }  # fmt: skip


def test_one_neutral_page_for_all_that_is_gone(client: Client) -> None:
    bodies = {}
    for name, url in neutral_states().items():
        for tail in ("", "/studies", f"/studies/{CT}", "/notice"):
            answer = client.get(url + tail)
            assert answer.status_code == 404, (name, tail)
            bodies[name + tail] = answer.content.decode().replace(answer.context["csrf_token"] + "", "")
        answer = client.post(url, {"pin": "739204"})
        assert answer.status_code == 404, name
    assert len({strip(body) for body in bodies.values()}) == 1


def strip(body: str) -> str:
    """A page without what differs by request (tokens of forms, ids)."""
    import re

    body = re.sub(r'X-CSRFToken": "[^"]*"', "", body)
    body = re.sub(r'csrfmiddlewaretoken" value="[^"]*"', "", body)
    body = re.sub(r'nonce="[^"]*"', "", body)
    body = re.sub(r'name="next" value="[^"]*"', "", body)
    return re.sub(r"\b(m|u|opt|pin|sw|menu|lang)\w*?-?\d+\b", "", body)


def test_scanners_use_nothing_up(client: Client) -> None:
    key = share(openings_maximum=1).keys[0]
    for _ in range(20):
        assert client.get(address(key)).status_code == 200
        assert client.head(address(key)).status_code == 200
        assert client.options(address(key)).status_code in (200, 405)
    part = SharePart.objects.get(pk=key.part.pk)
    assert (part.openings, part.wrong_pins) == (0, 0)
    entered(client, key)


@pytest.mark.parametrize("ending", ["revoke", "expire", "lock", "renew", "new pin", "exclusive"])
def test_whoever_is_inside_is_out_at_the_next_request(client: Client, ending: str) -> None:
    key = share().keys[0]
    url = entered(client, key)
    page(client, url)
    part = SharePart.objects.select_related("grant").get(pk=key.part.pk)
    ana = viewer("ana")
    {
        "revoke": lambda: services.revoke(viewer=ana, grant=part.grant),
        "expire": lambda: type(part.grant).objects.update(expires_at=part.grant.starts_at),
        "lock": lambda: SharePart.objects.update(locked_at=part.grant.starts_at),
        "renew": lambda: services.renew(viewer=ana, part=part),
        "new pin": lambda: services.resend(viewer=ana, part=part, what="pin"),
        "exclusive": lambda: Study.objects.filter(study_instance_uid=CT).update(
            exclusive_to=Organization.objects.get(identifier="arl")
        ),
    }[ending]()
    answer = client.get(url)
    assert answer.status_code in (302, 404)
    if answer.status_code == 302:
        assert answer.headers["Location"] == address(key)


def test_session_key_changes_and_ends_idle_and_after_12_hours(client: Client) -> None:
    key = share().keys[0]
    client.get(address(key))
    session = client.session
    session["probe"] = 1
    session.save()
    before = client.session.session_key
    start = dt.datetime.now(dt.UTC)
    with time_machine.travel(start, tick=False):
        url = entered(client, key)
    assert client.session.session_key != before
    with time_machine.travel(start + dt.timedelta(minutes=14), tick=False):
        page(client, url)
    with time_machine.travel(start + dt.timedelta(minutes=28), tick=False):
        page(client, url)
    with time_machine.travel(start + dt.timedelta(minutes=44), tick=False):
        assert client.get(url).status_code == 302
    with time_machine.travel(start, tick=False):
        entered(client, key)
    for minutes in range(10, 12 * 60, 10):
        session = client.session
        session[f"share:{key.part.public_id}"]["seen"] = int(start.timestamp()) + minutes * 60
        session.save()
    with time_machine.travel(start + dt.timedelta(hours=12), tick=False):
        assert client.get(url).status_code == 302


def test_another_browser_needs_the_pin(client: Client) -> None:
    key = share().keys[0]
    url = entered(client, key)
    answer = Client().get(url)
    assert answer.status_code == 302
    assert answer.headers["Location"] == address(key)


def test_notice_before_anything_and_declined_leaves(client: Client) -> None:
    version = publish_text(kind="notice", bodies={"es": "Use esto solo para atender al paciente."})
    key = share().keys[0]
    url = entered(client, key)
    assert client.get(url).headers["Location"] == f"{address(key)}/notice"
    assert "Use esto solo" in page(client, f"{address(key)}/notice")
    client.post(f"{address(key)}/notice", {"answer": "decline", "version": version})
    assert client.get(url).headers["Location"] == address(key)
    entered(client, key)
    client.post(f"{address(key)}/notice", {"answer": "accept", "version": version})
    page(client, url)
    outcomes = AuditEvent.objects.filter(action="notice", role="share").values_list("outcome", flat=True)
    assert sorted(outcomes) == ["refused", "success"]


def test_sheet_before_release_says_only_from_when(client: Client) -> None:
    made = share(study_uids=[cast.STUDIES["ana_mr"].uid], recipients=[], with_sheet=True)
    key = made.keys[0]
    body = page(client, address(key))
    assert "rodilla" not in body
    assert 'name="pin"' not in body
    assert client.post(address(key), {"pin": key.pin}).status_code == 200
    with time_machine.travel(made.grant.starts_at, tick=False):
        assert client.post(address(key), {"pin": key.pin}).status_code == 302


def test_random_tokens_are_throttled(client: Client) -> None:
    key = share().keys[0]
    for number in range(25):
        assert client.get(f"/s/{tokens.random_token()}{number}").status_code == 404
    assert client.get(address(key)).status_code == 404  # blocked: even a right one tells nothing
    assert client.get(address(key), REMOTE_ADDR="198.51.100.7").status_code == 200


def test_headers_keep_the_address_to_ourselves(client: Client) -> None:
    key = share().keys[0]
    answers = [client.get(address(key)), client.get("/s/unknown-token-of-a-share")]
    url = entered(client, key)
    answers.append(client.get(url))
    for answer in answers:
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "no-store" in answer.headers["Cache-Control"]
        assert "noindex" in answer.headers["X-Robots-Tag"]


def test_signed_in_account_gives_nothing_to_a_share(client: Client) -> None:
    key = share().keys[0]
    client.force_login(User.objects.get(username="carla"))
    assert client.get(f"{address(key)}/studies/{CT}").status_code == 302


def test_unsafe_methods_need_a_token() -> None:
    key = share().keys[0]
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(address(key), {"pin": key.pin}).status_code == 403
    assert SharePart.objects.get(pk=key.part.pk).openings == 0


def test_leaving_asks_for_the_pin_again(client: Client) -> None:
    key = share().keys[0]
    url = entered(client, key)
    assert client.get(f"{address(key)}/leave").status_code == 405
    client.post(f"{address(key)}/leave")
    assert client.get(url).status_code == 302


def test_scope_is_shown_as_chosen(client: Client) -> None:
    key = share(report=False, download=False).keys[0]
    body = page(client, entered(client, key))
    assert "Sin hallazgos agudos" not in body


def test_of_a_report_that_was_not_shared_not_even_its_state_is_told(client: Client) -> None:
    signed, preliminary = (cast.STUDIES[key].uid for key in ("ana_ct", "ana_us"))
    given = share(study_uids=[signed, preliminary], report=False, download=False).keys[0]
    entered(client, given)
    pages = {path: page(client, f"{address(given)}/{path}") for path in (
        "studies", f"studies/{signed}", f"studies/{preliminary}", f"viewer/{signed}", f"viewer/{preliminary}",
    )}  # fmt: skip
    states = [gettext(state) for state in ("Report signed", "Preliminary report")]
    assert [path for path, body in pages.items() for state in states if state in body] == []
    assert pages["studies"].count(gettext("Images only")) == 2
    why = json.dumps(gettext("it was not shared"))[2:-1]  # in the viewer's JSON, begun with a capital
    assert all(why in pages[path] for path in pages if "viewer" in path)


def test_script_in_a_message_is_text(client: Client) -> None:
    key = share(message="<script>alert(1)</script>").keys[0]
    body = page(client, entered(client, key))
    assert "<script>alert" not in body


def test_tokens_are_masked_in_logs() -> None:
    token = token_of(share().keys[0])
    record = logging.LogRecord("x", logging.WARNING, "", 0, "Not Found: %s", (f"/s/{token}/studies",), None)
    assert token not in MaskingFormatter("%(message)s").format(record)
    MaskTokens().filter(record)
    assert record.getMessage() == "Not Found: /s/***/studies"
    assert masked(f"Forbidden: /new-password/{token}") == "Forbidden: /new-password/***"


def test_addresses_have_names() -> None:
    assert reverse("recipient:open", kwargs={"token": "t"}) == "/s/t"


def test_every_door_of_the_page_is_under_the_token(client: Client) -> None:
    key = share().keys[0]
    body = page(client, entered(client, key))
    assert f"{address(key)}/viewer/{CT}" in body
    assert f"{address(key)}/files/{CT}/report/" in body
    assert f"{address(key)}/dicomweb/studies/{CT}/thumbnail" in body
    assert 'href="/viewer/' not in body
    assert 'href="/files/' not in body


def test_data_doors_are_shut_before_the_pin(client: Client) -> None:
    key = share().keys[0]
    for door in (f"viewer/{CT}", f"dicomweb/studies/{CT}/metadata", f"dicomweb/studies/{CT}/thumbnail"):
        assert client.get(f"{address(key)}/{door}").status_code in (302, 404)


def test_viewer_without_the_pin_leads_to_it(client: Client) -> None:
    key = share().keys[0]
    answer = client.get(f"{address(key)}/viewer/{CT}")
    assert (answer.status_code, answer.headers["Location"]) == (302, address(key))
    assert client.get(f"/s/{'A' * 32}/viewer/{CT}").status_code == 404
