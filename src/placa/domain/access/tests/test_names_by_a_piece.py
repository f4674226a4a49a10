"""A name is found by the middle of a word: by the words that all names have, which follow what is stored."""

import uuid

import pytest
from django.db import connection

from placa.common import vocabulary, words
from placa.domain.access import dicom_search
from placa.domain.archive.models import Study

pytestmark = pytest.mark.django_db


def found(*pieces: str) -> set[int]:
    return set(Study.objects.filter(dicom_search.named_with(list(pieces))).values_list("pk", flat=True))


@pytest.fixture
def study() -> Study:
    one = Study.objects.order_by("pk").first()
    assert one is not None
    one.name_key = "zuniga quiroz xenia"
    one.save()
    return one


@pytest.mark.parametrize(("few", "many"), [(2000, 20_000), (0, 20_000), (0, 0)])
def test_those_who_bear_the_piece(study: Study, few: int, many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few are named, more are looked up while walking; of most nothing is said, and every row is asked."""
    monkeypatch.setattr(words, "FEW", few)
    monkeypatch.setattr(words, "MANY", many)
    everyone = set(Study.objects.values_list("pk", flat=True))
    says_nothing = many == 0 and connection.vendor == "sqlite"
    assert found("unig") == found("unig", "eni") == (everyone if says_nothing else {study.pk})
    assert found("nobody") == set()
    if not says_nothing:
        assert found("unig", "nobody") == set()


def test_too_many_words_say_nothing(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "MOST", 0)
    assert found("unig") == set(Study.objects.values_list("pk", flat=True))


@pytest.mark.parametrize("name", ["", "one", "o'q \"x\\ two", "a b c d"])
def test_every_change_is_written_down(study: Study, name: str) -> None:
    Study.objects.filter(pk=study.pk).update(name_key=name)
    copy = Study.objects.get(pk=study.pk)
    copy.pk, copy.study_instance_uid, copy.name_key = None, "1.2.3.4.5", f"{name} fresco".strip()
    copy.public_id = uuid.uuid4()
    copy.save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT word FROM archive_study_name_key_seen")
        seen = [word for (word,) in cursor.fetchall()]
    assert {*name.split(), "fresco"} <= set(seen)
    assert "" not in seen
    assert len(seen) == len(set(seen))


def test_what_a_remade_table_lost_is_made_again(study: Study) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite remakes tables")
    with connection.cursor() as cursor:
        for name in ("added", "changed"):
            cursor.execute(f"DROP TRIGGER archive_study_name_key_seen_{name}")
    Study.objects.filter(pk=study.pk).update(name_key="unheard")
    assert study.pk not in found("nhear")
    vocabulary.prepare(using="default")
    assert study.pk in found("nhear")
