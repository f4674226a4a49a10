"""From what a person types at the door to an account: user name, e-mail or document (1.11)."""

from collections.abc import Callable

from placa.domain.accounts.models import User

Finder = Callable[[str], list[int]]
FINDERS: list[Finder] = []  # upper rooms add theirs (document number) in their apps.py


def register(finder: Finder) -> None:
    """Add a finder: from typed text to ids of users. Asked in every search, so its time tells nothing."""
    if finder not in FINDERS:
        FINDERS.append(finder)


def find(typed: str) -> User | None:
    """The one account that `typed` names; None where there is none, or more than one.

    The user name wins; e-mail and document count only where they name one account. All are asked every time.
    """
    text = typed.strip()[:254]
    by_name = User.objects.filter(username=text.casefold()).first()
    ids = set(User.objects.filter(email__iexact=text).values_list("pk", flat=True)[:2]) if text else set()
    for finder in FINDERS:
        ids.update(finder(text))
    other = User.objects.filter(pk__in=ids).first() if len(ids) == 1 else None
    return by_name or other
