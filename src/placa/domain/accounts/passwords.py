"""What a password must be (1.4): the institution's composition rules, or length alone; never a common one.

The length policy follows NIST SP 800-63B-4, section 3.1.1.2: 15 characters, no composition rules.
"""

import re
from dataclasses import dataclass
from functools import cache

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from placa.common.text import fold
from placa.domain.accounts.models import User
from placa.domain.institution import selectors as institution

LONGEST = 256  # argon2 has no limit; a form has


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the checklist. `key` is what the page's script calls it."""

    key: str
    label: str | Promise


LENGTH_8 = Rule("len8", _("8 characters or more"))
LENGTH_15 = Rule("len15", _("15 characters or more"))
UPPER = Rule("up", _("A capital letter"))
LOWER = Rule("low", _("A small letter"))
DIGIT = Rule("num", _("A number"))
SYMBOL = Rule("sym", _("A symbol, such as ! or #"))
NAME = Rule("name", _("Without your name or your e-mail"))
COMMON = Rule("common", _("Not a password that many people use"))
SAME = Rule("same", _("Typed the same both times"))


class WeakPasswordError(Exception):
    """The password breaks `rules`."""

    def __init__(self, rules: list[Rule]) -> None:
        super().__init__("weak password")
        self.rules = rules


def checklist() -> list[Rule]:
    """The rules of the institution's policy, in the order in which the page lists them."""
    if institution.setting("password_composition"):
        return [LENGTH_8, UPPER, LOWER, DIGIT, SYMBOL, NAME, COMMON]
    return [LENGTH_15, NAME, COMMON]


def broken(password: str, user: User) -> list[Rule]:
    """Which rules of the checklist `password` breaks for `user`."""
    return [rule for rule in checklist() if not _keeps(rule, password, user)]


def check(password: str, user: User) -> None:
    """Raises WeakPasswordError where `password` breaks a rule."""
    if rules := broken(password, user):
        raise WeakPasswordError(rules)


def _keeps(rule: Rule, password: str, user: User) -> bool:
    match rule.key:
        case "len8":
            return 8 <= len(password) <= LONGEST
        case "len15":
            return 15 <= len(password) <= LONGEST
        case "up":
            return any(c.isupper() for c in password)
        case "low":
            return any(c.islower() for c in password)
        case "num":
            return any(c.isdecimal() for c in password)
        case "sym":
            return any(not c.isalnum() and not c.isspace() for c in password)
        case "name":
            return not holds_own_name(password, user)
        case _:
            return not is_common(password)


def holds_own_name(password: str, user: User) -> bool:
    """Whether a part of the user's name, user name or e-mail is in the password.

    Parts of one or two letters do not count; those of three only as a word of their own, so that Ana may
    have a "manzana" in hers.
    """
    folded = fold(password)
    return any(_holds(folded, part) for part in own_parts(user))


def own_parts(user: User) -> set[str]:
    """The words that a password may not hold, folded."""
    texts = [user.full_name, user.username, user.email, user.email.partition("@")[0]]
    parts = {fold(text) for text in texts} | {w for text in texts for w in re.split(r"[\W_]+", fold(text))}
    common_ends = {"com", "org", "net", "gmail", "hotmail", "outlook", "yahoo", "example"}
    return {part for part in parts - common_ends if len(part) >= 3}


def _holds(folded: str, part: str) -> bool:
    if len(part) > 3:
        return part in folded
    return re.search(rf"(?<![a-z]){re.escape(part)}(?![a-z])", folded) is not None


@cache
def _common() -> frozenset[str]:
    """Django's list of 20,000 (made by Royce Williams), lower case."""
    return frozenset(CommonPasswordValidator().passwords)


def is_common(password: str) -> bool:
    """Whether it is on the list, plainly or as a word of it with digits and symbols around it or for letters.

    A word repeated, or fewer than five different characters, is as easily guessed.
    """
    folded = fold(password).replace(" ", "")
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", folded)
    swapped = re.sub(r"[\W\d_]+$", "", folded.translate(str.maketrans("@4301$5", "aaeoiss")))
    forms = {folded, swapped} | ({core} if len(core) > 3 else set())
    forms |= {form[: len(form) // 2] for form in forms if form[: len(form) // 2] * 2 == form}
    return len(set(folded)) < 5 or bool(forms & _common())
