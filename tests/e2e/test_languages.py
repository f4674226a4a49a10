"""The way in, the list and a study in each language: nothing on them stays in English."""

import re

import pytest

from placa.demo import cast, phantoms
from tests.e2e import exams
from tests.e2e.conftest import Visit
from tests.e2e.portal import Portal
from tests.e2e.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.peer, pytest.mark.slow]

PLAN = cast.STUDIES["bruno_dx"]
# written alike in English and in one of the others
ALIKE = {"PIN", "PDF", "ZIP", "E-mail", "Password"}  # the same words in Italian or Portuguese


@pytest.fixture(scope="module")
def uid(portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A study of Bruno's, whom Ana is guardian of, sent by a modality."""
    exam = exams.visit("languages/bruno", PLAN.accession, PLAN.description)
    portal.store(
        tmp_path_factory.mktemp("languages") / "bruno", phantoms.dx_wrist(exams.of_the_cast("bruno"), exam)
    )
    return exam.study_instance_uid


def labels(visitor: Visitor) -> set[str]:
    """What the page calls its parts."""
    texts = visitor.page.locator("main h2, main dt, main label, header nav a").all_inner_texts()
    return {re.sub(r"\s+", " ", text).strip() for text in texts} - {""} - ALIKE


def walk(visitor: Visitor, uid: str, language: str) -> set[str]:
    """Sign in, choose the language, see list and study; what their parts are called."""
    lang = "document.documentElement.lang"
    visitor.go("/")
    assert visitor.page.evaluate(lang) == language
    words = labels(visitor)
    visitor.sign_in("ana")
    choice = f"button[name=language][value={language}]"
    visitor.page.evaluate(f"document.querySelector('{choice}').closest('[popover]').showPopover()")
    visitor.press(choice)
    assert visitor.page.evaluate(lang) == language
    words |= labels(visitor)

    def listed() -> bool:
        return visitor.status_of(f"/patient/studies/{uid}/") == 200

    visitor.until(listed, "Bruno's study")
    visitor.go(f"/patient/studies/{uid}/")
    assert visitor.page.evaluate(lang) == language
    return words | labels(visitor)


def test_every_language_speaks_for_itself(uid: str, visit: Visit) -> None:
    english = walk(visit("desk", "en"), uid, "en")
    assert len(english) > 10
    own = {element for element in english if element in {PLAN.description, "Bruno Reyes Morales"}}
    for language in ("es", "it", "pt"):
        same = walk(visit("desk", language), uid, language) & english - own
        same = {
            words for words in same if any(map(str.isalpha, words))
        }  # a year and a count read alike everywhere
        assert same == set(), f"{language}: still English"
