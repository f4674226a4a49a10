"""`Accept` honoured or 406, ranges and conditional requests, HEAD (PS3.18 8.3.3, RFC 9110 12 to 14)."""

import json
from xml.etree import ElementTree

import pytest

from placa.domain.archive.models import Instance, Study
from placa.domain.archive.storage import storage
from placa.interfaces.dicomweb.tests.world import (
    CT,
    STUDIES,
    STUDY,
    asker,
    body,
    instance,
    parts,
    place,
    said,
)

DICOM = {"Accept": "application/dicom"}
RELATED = 'multipart/related; type="{}"'
XML = RELATED.format("application/dicom+xml")
FLOOD = ",".join(["text/x"] * 100)


def addresses() -> dict[str, str]:
    here = place(instance())
    return {
        "search": STUDIES, "metadata": f"{STUDY}/metadata", "object": here, "objects": STUDY,
        "frame": f"{here}/frames/1", "bulk": f"{here}/bulkdata/7FE00010", "rendered": f"{here}/rendered",
        "thumbnail": f"{STUDY}/thumbnail", "pictures": f"{STUDY}/rendered",
    }  # fmt: skip


@pytest.mark.parametrize(
    "accept", ["text/csv", "application/x, image/webp;q=0.9", "*/*;q=0", FLOOD, "x" * 5000, ";;;"]
)
def test_what_cannot_be_given_is_406(accept: str) -> None:
    client = asker()
    got = {
        name: client.get(address, headers={"Accept": accept}).status_code
        for name, address in addresses().items()
    }
    assert got == dict.fromkeys(got, 406)


@pytest.mark.parametrize(
    ("name", "accept", "content_type"),
    [
        ("search", "application/json", "application/json"), ("metadata", "application/dicom+json", "application/dicom+json"),
        ("metadata", "application/*", "application/dicom+json"), ("search", XML, "multipart/related"),
        ("object", "application/dicom;q=0.5, multipart/related;q=0.4", "application/dicom"),
        ("object", RELATED.format("application/dicom"), "multipart/related"),
        ("frame", "application/octet-stream", "application/octet-stream"),
        ("frame", "multipart/*", "multipart/related"), ("rendered", "image/png;q=0.8,image/jpeg;q=0.2", "image/png"),
        ("rendered", "image/*", "image/jpeg"), ("rendered", "text/html,*/*;q=0.1", "image/jpeg"),
        ("pictures", RELATED.format("image/jpeg"), "multipart/related"),
        ("bulk", "application/octet-stream", "application/octet-stream"),
    ],
)  # fmt: skip
def test_the_most_wanted_that_is_there_is_given(name: str, accept: str, content_type: str) -> None:
    client = asker()
    for answer in (
        client.get(addresses()[name], headers={"Accept": accept}),
        client.get(addresses()[name], {"accept": accept}, headers={"Accept": "text/csv"}),
    ):
        assert answer.status_code == 200
        assert answer["Content-Type"].split(";")[0] == content_type
        assert "Accept" in answer["Vary"]


def test_metadata_in_xml_say_the_same_as_in_json() -> None:
    client = asker()
    found = parts(client.get(f"{STUDY}/metadata", headers={"Accept": XML}))
    rows = said(client.get(f"{STUDY}/metadata"))
    assert len(found) == len(rows) == 3
    root = ElementTree.fromstring(found[0][1])
    values = {item.get("tag"): [one.text for one in item if one.tag.endswith("Value")] for item in root}
    assert values["00080018"] == rows[0]["00080018"]["Value"]
    assert {item.get("tag") for item in root} == set(rows[0])


def test_a_range_of_an_object_is_these_bytes() -> None:
    kept = storage().path(instance().storage_key).read_bytes()
    client, address = asker(), place(instance())
    for said_range, start, stop in (
        ("bytes=10-19", 10, 20),
        ("bytes=100-", 100, len(kept)),
        ("bytes=-5", len(kept) - 5, len(kept)),
    ):
        answer = client.get(address, headers={**DICOM, "Range": said_range})
        assert answer.status_code == 206
        assert answer["Content-Range"] == f"bytes {start}-{stop - 1}/{len(kept)}"
        assert body(answer) == kept[start:stop]
    answer = client.get(address, headers={**DICOM, "Range": f"bytes={len(kept)}-"})
    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{len(kept)}")
    for odd in ("bytes=5-1", "bytes=-", "lines=1-2", "bytes=1-2,5-6", "bytes=x"):
        assert client.get(address, headers={**DICOM, "Range": odd}).status_code == 200


def test_a_download_that_broke_off_goes_on_where_it_stopped() -> None:
    client = asker()
    first = client.get(STUDY)
    whole, half = body(first), len(body(client.get(STUDY))) // 2
    rest = client.get(STUDY, headers={"Range": f"bytes={half}-", "If-Range": first["ETag"]})
    assert whole[:half] + body(rest) == whole
    other = client.get(STUDY, headers={"Range": f"bytes={half}-", "If-Range": '"other"'})
    assert (other.status_code, body(other)) == (200, whole)


@pytest.mark.parametrize("name", ["metadata", "object", "objects", "frame", "bulk", "rendered", "thumbnail"])
def test_what_the_client_has_is_not_sent_again(name: str) -> None:
    client, address = asker(), addresses()[name]
    answer = client.get(address)
    assert answer["Accept-Ranges"] == "bytes"
    again = client.get(address, headers={"If-None-Match": f'"x", {answer["ETag"]}'})
    assert (again.status_code, body(again), again["ETag"]) == (304, b"", answer["ETag"])
    assert client.get(address, headers={"If-None-Match": '"x"'}).status_code == 200
    assert asker("carla").get(address, headers={"If-None-Match": "*"}).status_code == 404


@pytest.mark.parametrize(
    "name", ["search", "metadata", "object", "objects", "frame", "bulk", "rendered", "thumbnail", "pictures"]
)
def test_head_is_get_without_the_body(name: str) -> None:
    client, address = asker(), addresses()[name]
    got, head = client.get(address), client.head(address)
    assert (head.status_code, body(head)) == (200, b"")
    assert head["Content-Type"].split("boundary")[0] == got["Content-Type"].split("boundary")[0]
    if "Content-Length" in got:
        assert head["Content-Length"] == got["Content-Length"]


def test_a_study_that_is_not_online_is_503_but_for_what_is_kept() -> None:
    client = asker()
    kept = addresses()["thumbnail"]
    assert client.get(kept).status_code == 200
    path = storage().path(instance().storage_key)
    path.unlink()
    Study.objects.filter(study_instance_uid=CT).update(availability=Study.Availability.OFFLINE)
    Instance.objects.filter(study__study_instance_uid=CT).update(evicted=True)
    for name in ("object", "objects", "frame", "bulk", "rendered"):
        answer = client.get(addresses()[name])
        assert (name, answer.status_code) == (name, 503)
        assert int(answer["Retry-After"]) > 0
    assert client.get(addresses()["metadata"]).status_code == 200
    assert client.get(kept).status_code == 200
    assert asker("carla").get(addresses()["object"]).status_code == 404


def test_problems_are_told_as_json() -> None:
    answer = asker().get(STUDY, headers={"Accept": "text/csv"})
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["status"] == 406
