"""OHIF is for doctors, where the setting allows it, and its page leads to no study that is not theirs."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from placa.domain.audit.models import AuditEvent
from placa.interfaces.web.doctor.tests.browser import choose, enter, page, plan
from placa.interfaces.web.ohif import files

pytestmark = pytest.mark.django_db
SCRIPT, WORKER, STYLE = "app.bundle.0123456789abcdef.js", "1.bundle.0123456789abcdef.js", "app.bundle.css"
BODIES = {
    "index.html": b"<title>OHIF</title>",
    SCRIPT: b"let a = 1",
    WORKER: b"new Function('')",
    STYLE: b"p { }",
}


@pytest.fixture(autouse=True)
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A build of four small files: these tests are about the doors, not about OHIF."""
    monkeypatch.setattr(files, "BUILD", tmp_path)
    told = {}
    for name, body in BODIES.items():
        (tmp_path / name).write_bytes(gzip.compress(body))
        told[name] = {
            "type": "text/javascript", "etag": f"e{len(body)}", "gzip": True, "immutable": "0123456789abcdef" in name,
            "writes_code": name == WORKER,
        }  # fmt: skip
    (tmp_path / "files.json").write_text(json.dumps(told))
    (tmp_path / "secret.txt").write_text("not in the list")
    files.built.cache_clear()
    yield
    files.built.cache_clear()


def on(key: str) -> str:
    return f"/ohif/viewer?StudyInstanceUIDs={plan(key).uid}"


@pytest.mark.parametrize("path", ["/ohif/", "/ohif/viewer", "/ohif/segmentation"])
def test_a_doctor_opens_the_application(path: str) -> None:
    answer = enter("diaz").get(path)
    assert answer.status_code == 200
    assert read(answer) == BODIES["index.html"]
    assert answer["Cache-Control"] == "no-store, private"


def test_a_doctor_opens_her_study_and_no_other() -> None:
    diaz = enter("diaz")
    assert diaz.get(on("ana_ct")).status_code == 200
    assert AuditEvent.objects.filter(
        action="view_images", study_uid=plan("ana_ct").uid, outcome="success"
    ).exists()
    assert diaz.get(on("carla_wc")).status_code == 404
    assert diaz.get(f"{on('ana_ct')},{plan('carla_wc').uid}").status_code == 404
    assert diaz.get(f"{on('ana_ct')}&StudyInstanceUIDs={plan('carla_wc').uid}").status_code == 404
    assert enter("egea").get(on("ana_ct")).status_code == 404


@pytest.mark.parametrize("uid", ["1.2.3", "", "../..", "1" * 5000, ",".join(["1.2"] * 21)])
def test_what_is_no_study_is_not_found(uid: str) -> None:
    assert enter("diaz").get("/ohif/viewer", {"StudyInstanceUIDs": uid}).status_code == 404


@pytest.mark.parametrize("name", ["ana", "gomez", "jefe", "ines"])
def test_nobody_but_doctors(name: str) -> None:
    client = enter(name)
    for path in ("/ohif/", "/ohif/viewer", on("ana_ct"), f"/ohif/{SCRIPT}"):
        assert client.get(path).status_code == 404, path


def test_without_a_session_it_asks_for_the_sign_in() -> None:
    answer = Client().get(on("ana_ct"))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/?")


def test_switched_off_it_is_not_there_and_not_offered() -> None:
    diaz, offered = enter("diaz"), f"/ohif/viewer?StudyInstanceUIDs={plan('ana_ct').uid}"
    for url in ("/doctor/", f"/doctor/studies/{plan('ana_ct').uid}/"):
        assert offered in page(diaz, url)
    choose("doctor_ohif", False)
    for url in ("/doctor/", f"/doctor/studies/{plan('ana_ct').uid}/"):
        assert "/ohif/" not in page(diaz, url)
    for path in ("/ohif/", on("ana_ct"), f"/ohif/{SCRIPT}"):
        assert diaz.get(path).status_code == 404, path


def test_where_it_was_not_built_it_is_not_offered(tmp_path: Path) -> None:
    (tmp_path / "files.json").unlink()
    files.built.cache_clear()
    assert "/ohif/" not in page(enter("diaz"), "/doctor/")
    assert enter("diaz").get("/ohif/").status_code == 404


def test_a_file_is_sent_compressed_or_not_and_kept() -> None:
    diaz = enter("diaz")
    packed = diaz.get(f"/ohif/{SCRIPT}", headers={"accept-encoding": "gzip, br"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(read(packed)) == BODIES[SCRIPT]
    assert packed["Content-Length"] == str(len(gzip.compress(BODIES[SCRIPT])))
    plain = diaz.get(f"/ohif/{SCRIPT}")
    assert (read(plain), "Content-Encoding" in plain) == (BODIES[SCRIPT], False)
    assert "immutable" in packed["Cache-Control"]
    assert packed["X-Content-Type-Options"] == "nosniff"
    again = diaz.get(f"/ohif/{STYLE}", headers={"if-none-match": diaz.get(f"/ohif/{STYLE}")["ETag"]})
    assert (again.status_code, read(again), again["Cache-Control"]) == (304, b"", "private, no-cache")


def test_only_the_worker_that_writes_code_may() -> None:
    diaz = enter("diaz")
    policies = {
        path: diaz.get(f"/ohif/{path}")["Content-Security-Policy"] for path in ("", SCRIPT, WORKER, STYLE)
    }
    assert [path for path, policy in policies.items() if "'unsafe-eval'" in policy] == [WORKER]
    assert "'unsafe-inline'" not in script_rule(policies[""])
    assert "unsafe" not in diaz.get("/doctor/")["Content-Security-Policy"]


@pytest.mark.parametrize(
    "name", ["secret.txt", "files.json", "../views.py", "%2e%2e/views.py", "a/b.js", "x.js"]
)
def test_what_is_not_in_the_list_is_not_served(name: str) -> None:
    assert enter("diaz").get(f"/ohif/{name}").status_code == 404


def test_it_takes_no_other_method() -> None:
    diaz = enter("diaz")
    for path in ("/ohif/", "/ohif/viewer", f"/ohif/{SCRIPT}"):
        assert diaz.post(path).status_code == 405, path
        assert diaz.head(path).status_code == 200, path


def script_rule(policy: str) -> str:
    return next(rule for rule in policy.split(";") if rule.strip().startswith("script-src"))


def read(answer: Any) -> bytes:
    """The body of either kind of response."""
    return bytes(answer.getvalue())
