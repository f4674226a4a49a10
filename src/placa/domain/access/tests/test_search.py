"""Words are found by their beginnings, on both databases alike, and the index follows every change."""

from collections.abc import Sequence

import pytest
from django.db import connection

from placa.common import words
from placa.domain.access import search, selectors
from placa.domain.access.search import Filters
from placa.domain.access.viewers import Viewer
from placa.domain.archive.models import Study
from placa.domain.people.models import PatientIdentifier, Permission
from placa.domain.people.selectors import search_patients

pytestmark = pytest.mark.django_db
STAFF = Viewer(role="staff", subject=1, permissions=frozenset(Permission.values))


def found(text: str) -> set[int]:
    return {study.pk for study in narrowed(Filters(text=text, everywhere=True))}


def narrowed(filters: Filters) -> Sequence[Study]:
    """Everything that staff find so."""
    return search.page(search.narrowed(selectors.listed(STAFF), filters), size=1_000).rows


@pytest.fixture
def study() -> Study:
    one = Study.objects.filter(patient__isnull=False).first()
    assert one is not None
    one.name_key, one.search_key = "zuniga quiroz xenia", "abdomen/pelvis a77-123 kuhn"
    one.modalities_in_study = ["PX"]
    one.save()
    return one


@pytest.fixture(params=["few", "many", "most"])
def how(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few matches are sorted, many are looked up while walking, most are read: the answer is the same."""
    if request.param != "few":
        monkeypatch.setattr(words, "FEW", 0)
    if request.param == "most":
        monkeypatch.setattr(words, "MANY", 0)


@pytest.mark.usefixtures("how")
@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("Zúñiga", True), ("zun", True), ("pelv", True), ("A77-12", True), ("a77 xen", True), ("px", True), ("uniga", False),
        ("zuniga nobody", False), ("123", True), ("%", None), ('"', None), ("' OR 1=1", False), ("*", None), ("a:b", False),
        ("NOT zuniga", False), ("zuniga AND", False), ("\\", None),
    ],
)  # fmt: skip
def test_beginnings_of_words(study: Study, text: str, is_found: bool | None) -> None:
    if is_found is None:  # nothing to look for narrows nothing
        assert len(found(text)) == len(found(""))
    else:
        assert (study.pk in found(text)) is is_found


@pytest.mark.usefixtures("how")
def test_a_patients_other_number_finds_the_study(study: Study) -> None:
    assert study.patient is not None
    PatientIdentifier.objects.create(patient=study.patient, value="Nr-55%x", issuer="T")
    assert study.pk in found("nr-55")
    assert study.pk in found("nr-55%x zuniga")
    assert study.pk not in found("nr-55_x")
    assert study.pk not in found("nr-55 somebody")


def test_the_index_forgets_what_is_no_longer_there(study: Study) -> None:
    study.search_key, study.name_key = "otra cosa", ""
    study.save()
    assert study.pk not in found("zuniga")
    assert study.pk in found("otra")
    Study.objects.filter(pk=study.pk).update(search_key="tercera")
    assert study.pk in found("tercera")


def test_patients_by_name_mail_and_number(study: Study) -> None:
    from placa.domain.people.models import Patient

    person = study.patient
    assert person is not None
    Patient.objects.filter(pk=person.pk).update(name_key="zuniga quiroz", email="Xenia.Z@Example.org")
    for text in ("zun qui", "xenia", "XENIA.Z@example"):
        assert list(search_patients(Patient.objects.all(), text)) == [person]


def test_what_a_remade_table_lost_is_made_again(study: Study) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite remakes tables")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER archive_study_words_changed")
    Study.objects.filter(pk=study.pk).update(search_key="unheard")
    assert study.pk not in found("unheard")
    words.prepare(using="default")
    assert study.pk in found("unheard")


def test_few_and_many_give_pages_in_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def pages() -> list[int]:
        rows, cursor = [], ""
        while True:
            page = search.page(
                search.narrowed(selectors.listed(STAFF), Filters(text="mor", everywhere=True)),
                cursor,
                2,
            )
            rows += [one.pk for one in page.rows]
            if not (cursor := page.next):
                return rows

    few = pages()
    for limit in ("FEW", "MANY"):
        monkeypatch.setattr(words, limit, 0)
        assert pages() == few
    assert len(few) == len(set(few)) > 2


@pytest.mark.parametrize("few", [2000, 0])
def test_a_kind_of_exam_and_a_modality(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "FEW", few)
    visible = selectors.studies_visible_to(STAFF)
    kinds = {
        one.order.exam_type.kind for one in narrowed(Filters(kind="ecg")) if one.order and one.order.exam_type
    }
    assert kinds == {"ecg"}
    ordered = narrowed(Filters(modality="CT"))
    assert {one.order and one.order.modality for one in ordered} == {"CT"}
    assert len(ordered) == visible.filter(order__modality="CT").count()
    assert not narrowed(Filters(kind="eeg"))
