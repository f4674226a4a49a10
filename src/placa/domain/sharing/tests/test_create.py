"""Who may share what, with whom, and until when."""

import datetime as dt
import io
import re

import pypdf
import pytest
import time_machine
from django.utils import translation

from placa.common import clock
from placa.demo import cast
from placa.domain.access.models import ShareGrant, SharePart
from placa.domain.access.selectors import NotVisible
from placa.domain.audit.models import AuditEvent
from placa.domain.institution import selectors as institution
from placa.domain.institution.services import change_setting
from placa.domain.people.models import Patient
from placa.domain.sharing import keys, periods, selectors, services, sheet
from placa.domain.sharing.errors import InvalidShareError
from placa.domain.sharing.tests.world import CT, HUGO, mails, share, study, viewer

pytestmark = pytest.mark.django_db


def test_two_mails_link_without_pin_and_pin_without_link() -> None:
    key = share(message="Para la consulta del lunes").keys[0]
    sent = mails(HUGO)
    assert set(sent) == {"share_link", "share_pin"}
    link, pin = sent["share_link"], sent["share_pin"]
    for words in (link.subject, link.text, link.html):
        assert key.pin not in words
    for words in (pin.subject, pin.text, pin.html):
        assert "/s/" not in words
        assert "Ana" not in words
    assert key.link in link.text
    assert key.link in link.html
    assert key.pin in pin.text
    assert "Ana Morales Peralta" in link.text
    assert "+18095550111" in link.text
    assert "Para la consulta del lunes" in link.html


def test_contact_left_out_on_request() -> None:
    share(shows_contact=False)
    words = mails(HUGO)["share_link"]
    assert "+18095550111" not in words.text + words.html
    assert "ana@correo.example" not in words.text + words.html


def test_pin_told_in_person_is_not_mailed() -> None:
    made = share(delivery="in_person")
    assert set(mails(HUGO)) == {"share_link"}
    assert re.fullmatch(r"[1-9]\d{5}", made.keys[0].pin)


def test_pin_by_sms_goes_to_the_mobile() -> None:
    key = share(delivery="sms", mobiles={HUGO: "+1 809 555 0199"}).keys[0]
    assert set(mails(HUGO)) == {"share_link"}
    assert key.pin in mails("+18095550199")["share_pin"].text
    with pytest.raises(InvalidShareError):
        share(delivery="sms")


def test_only_hashes_are_kept() -> None:
    made = share(with_sheet=True)
    recipient, sheet = (key.part for key in made.keys)
    assert recipient.pin_sealed == ""
    assert recipient.pin_hash.startswith("$argon2id$")
    for key in made.keys:
        assert key.link.rpartition("/")[2] not in key.part.token_hash
    assert sheet.kind == SharePart.SHEET


def test_every_part_has_a_key_of_its_own() -> None:
    made = share(recipients=[HUGO, "otra@medicos.example"], with_sheet=True)
    assert [key.part.email for key in made.keys] == [HUGO, "otra@medicos.example", ""]
    assert len({key.link for key in made.keys}) == 3
    assert len({key.pin for key in made.keys}) == 3


def test_chosen_pin_serves_the_mails_and_never_the_sheet_beside_them() -> None:
    made = share(recipients=[HUGO, "otra@medicos.example"], pin="739204", with_sheet=True)
    assert [key.pin for key in made.keys[:2]] == ["739204", "739204"]
    assert made.keys[2].pin != "739204"
    assert share(recipients=[], pin="739204", with_sheet=True).keys[0].pin == "739204"


WEAK = ["111111", "123456", "654321", "345678", "121212", "123123", "123321", "012345", "12345"]


@pytest.mark.parametrize("pin", WEAK)
def test_weak_pin_refused(pin: str) -> None:
    with pytest.raises(InvalidShareError) as refused:
        share(pin=pin)
    assert refused.value.field == "pin"
    assert not ShareGrant.objects.exists()


def test_pin_of_the_birth_date_refused() -> None:
    Patient.objects.filter(identifiers__value="402-1180-7").update(birth_date=dt.date(1985, 5, 12))
    for pin in ("120585", "198573", "851205"):
        with pytest.raises(InvalidShareError):
            share(pin=pin)
    assert share(pin="739204")


def test_message_with_the_pin_refused() -> None:
    for message in ("El PIN es 739204", "PIN: 739 204", "7-3-9-2-0-4"):
        with pytest.raises(InvalidShareError) as refused:
            share(pin="739204", message=message)
        assert refused.value.field == "message"


@pytest.mark.parametrize(
    "address",
    ["", "nadie", "a@b", "a@b.example\r\nBcc: x@y.example", "a@b.example\n", "a@b.example,c@d.example"],
)
def test_bad_address_refused(address: str) -> None:
    with pytest.raises(InvalidShareError):
        share(recipients=[address])


def test_address_is_normalised_and_may_stand_once() -> None:
    made = share(recipients=["  Hugo.Lantigua@Medicos.EXAMPLE "])
    assert made.keys[0].part.email == "Hugo.Lantigua@medicos.example"
    with pytest.raises(InvalidShareError):
        share(recipients=[HUGO, HUGO.upper()])


@pytest.mark.parametrize("username", ["diaz", "egea", "gomez", "heras", "ines", "jefe"])
def test_nobody_but_the_patient_shares(username: str) -> None:
    with pytest.raises(NotVisible):
        share(username)
    assert not ShareGrant.objects.exists()
    refusal = AuditEvent.objects.get(action="open_share", outcome="refused", study_uid=CT)
    assert refusal.role == viewer(username).role


def test_a_share_is_never_shared_onward() -> None:
    part = share().keys[0].part
    with pytest.raises(NotVisible):
        services.create_share(viewer=selectors.viewer_of(part), study_uids=[CT], recipients=[HUGO], days=15)


@pytest.mark.parametrize("key", ["ana_mr", "ana_biopsy", "carla_cr", "carla_wc", "stranger"])
def test_only_what_is_openable_is_shared(key: str) -> None:
    with pytest.raises(NotVisible):
        share(study_uids=[cast.STUDIES[key].uid])


def test_one_of_several_that_may_not_be_shared_stops_all() -> None:
    with pytest.raises(NotVisible):
        share(study_uids=[CT, cast.STUDIES["carla_cr"].uid])
    with pytest.raises(InvalidShareError):
        share(study_uids=[CT, cast.STUDIES["bruno_dx"].uid])
    assert not ShareGrant.objects.exists()


def test_guardian_shares_under_the_guardianship() -> None:
    made = share(study_uids=[cast.STUDIES["bruno_dx"].uid])
    assert made.grant.guardianship is not None
    assert made.grant.patient.given_name == "Bruno"
    assert share().grant.guardianship is None


def test_staff_prints_the_sheet_and_mails_nothing() -> None:
    made = share("jefe", recipients=[], with_sheet=True)
    assert [key.part.kind for key in made.keys] == [SharePart.SHEET]


def test_sheet_before_release_works_from_the_release() -> None:
    made = share(study_uids=[cast.STUDIES["ana_mr"].uid], recipients=[], with_sheet=True)
    opens = study("ana_mr").clock_start + dt.timedelta(hours=24)
    assert made.grant.starts_at == opens
    for key in ("ana_biopsy", "carla_cr", "carla_wc"):
        with pytest.raises(NotVisible):
            share(study_uids=[cast.STUDIES[key].uid], recipients=[], with_sheet=True)


def test_it_works_to_the_end_of_its_last_day() -> None:
    with time_machine.travel(dt.datetime(2030, 3, 10, 15, 0, tzinfo=dt.UTC), tick=False):
        made = share(days=30)
    zone = institution.zone()
    last = periods.last_moment(made.grant.expires_at).astimezone(zone)
    assert last == dt.datetime(2030, 4, 9, 23, 59, 59, tzinfo=zone)


def test_people_read_the_last_day_on_the_institution_s_clocks() -> None:
    """23:59:59 in Santo Domingo is already tomorrow in UTC."""
    with (
        time_machine.travel(dt.datetime(2030, 3, 10, 15, 0, tzinfo=dt.UTC), tick=False),
        translation.override("en"),
    ):
        made = share(days=30, with_sheet=True)
        printed = sheet.pdf(made.keys[1].part, list(made.grant.studies.all()))
    mail = mails(HUGO)["share_link"]
    assert "9 April 2030" in mail.text
    assert "9 April 2030" in mail.html
    words = pypdf.PdfReader(io.BytesIO(printed)).pages[0].extract_text()
    assert "9 April 2030, 23:59" in " ".join(words.split())
    assert "10 March 2030, 11:00" in " ".join(words.split())


def test_duration_is_within_the_setting() -> None:
    today = clock.today(institution.zone())
    assert share(until=today + dt.timedelta(days=45))
    late, past = today + dt.timedelta(days=46), today - dt.timedelta(days=1)
    for asked in ({"days": 46}, {"days": 0}, {"days": -1}, {"until": late}, {"until": past}):
        with pytest.raises(InvalidShareError):
            share(**asked)
    change_setting(key="share_days_maximum", value=20, by="test")
    with pytest.raises(InvalidShareError):
        share(days=30)
    assert share(days=20)


def test_never_past_the_online_limit() -> None:
    change_setting(key="online_days", value=20, by="test")
    made = share(days=30)
    assert made.grant.expires_at == study("ana_ct").clock_start + dt.timedelta(days=20)


def test_the_institution_may_want_a_chosen_pin() -> None:
    change_setting(key="share_pin_chosen", value=True, by="test")
    with pytest.raises(InvalidShareError):
        share()
    assert share(pin="739204")


def test_the_share_is_in_the_audit_log_without_secrets() -> None:
    key = share().keys[0]
    event = AuditEvent.objects.get(action="share", study_uid=CT)
    assert event.actor == viewer("ana").actor
    rows = str(list(AuditEvent.objects.values()))
    assert key.pin not in rows
    assert key.link.rpartition("/")[2] not in rows
    assert HUGO not in rows


def test_token_is_long_and_the_same_until_renewed() -> None:
    part = share().keys[0].part
    first = keys.token_of(part)
    assert len(first) == 32  # 192 bits
    assert keys.token_of(SharePart.objects.get(pk=part.pk)) == first
