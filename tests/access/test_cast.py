"""Who sees which studies of the cast, as exact sets written by hand from the requirements."""

import pytest

from placa.demo import cast
from placa.domain.access.selectors import studies_visible_to
from placa.domain.access.viewers import NOBODY, Viewer, roles_of, viewer_for
from placa.domain.accounts.models import User

pytestmark = pytest.mark.django_db
KEY = {plan.uid: key for key, plan in cast.STUDIES.items()}

ALL_OF_ANA = {"ana_ct", "ana_cr", "ana_us", "ana_mr", "ana_biopsy", "ana_ecg", "ana_lab", "ana_mg"}
OPEN_OF_ANA = ALL_OF_ANA - {"ana_mr", "ana_biopsy"} | {"bruno_dx"}
ORDERED_BY_DIAZ = ALL_OF_ANA | {"bruno_dx", "carla_cr"}
EXPECTED = {
    ("ana", "row"): ALL_OF_ANA | {"bruno_dx"},
    ("ana", "images"): OPEN_OF_ANA,
    ("ana", "report"): {"ana_ct", "ana_ecg", "ana_lab", "ana_mg", "bruno_dx"},
    ("ana", "download"): OPEN_OF_ANA,
    ("ana", "share"): OPEN_OF_ANA,
    ("carla", "row"): {"carla_cr"},
    ("carla", "images"): {"carla_cr"},
    ("carla", "report"): {"carla_cr"},
    ("carla", "download"): {"carla_cr"},
    ("carla", "share"): {"carla_cr"},
    ("diaz", "row"): ORDERED_BY_DIAZ,
    ("diaz", "images"): ORDERED_BY_DIAZ,
    ("diaz", "report"): ORDERED_BY_DIAZ - {"ana_cr", "ana_mr"},
    ("diaz", "download"): ORDERED_BY_DIAZ,
    ("diaz", "share"): set(),
    ("egea", "row"): set(),
    ("faro", "row"): set(),
    ("gomez", "row"): {"ana_ct"},
    ("gomez", "images"): {"ana_ct"},
    ("gomez", "report"): {"ana_ct"},
    ("gomez", "download"): set(),
    ("gomez", "share"): set(),
    ("heras", "row"): {"carla_wc"},
    ("heras", "images"): {"carla_wc"},
    ("heras", "report"): {"carla_wc"},
    ("heras", "download"): set(),
    ("heras", "share"): set(),
    ("ines", "row"): {"ana_ct", "ana_us", "ana_mr", "ana_ecg", "ana_lab", "bruno_dx", "carla_cr"},
    ("ines", "images"): set(),
    ("ines", "report"): set(),
    ("ines", "share"): set(),
    ("jefe", "row"): ORDERED_BY_DIAZ | {"carla_wc", "stranger"},
    ("jefe", "images"): ORDERED_BY_DIAZ | {"carla_wc", "stranger"},
}


def viewer(username: str) -> Viewer:
    user = User.objects.get(username=username)
    roles = roles_of(user)
    return viewer_for(user, roles[0]) if roles else NOBODY


@pytest.mark.parametrize(("username", "facet"), EXPECTED, ids=str)
def test_exact_visible_set(username: str, facet: str) -> None:
    found = studies_visible_to(viewer(username), need=facet)  # type: ignore[arg-type]
    keys = [KEY[study.study_instance_uid] for study in found]
    assert sorted(keys) == sorted(EXPECTED[username, facet])


@pytest.mark.parametrize("username", ["ana", "carla", "diaz", "gomez", "heras", "ines", "jefe"])
def test_rows_say_the_same_as_facets(username: str) -> None:
    asker = viewer(username)
    for facet in ("images", "report", "download", "share"):
        by_need = set(studies_visible_to(asker, need=facet).values_list("pk", flat=True))
        by_row = {study.pk for study in studies_visible_to(asker) if getattr(study, f"may_{facet}")}
        assert by_row == by_need
