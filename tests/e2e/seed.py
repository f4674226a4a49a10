"""Fills an empty demo home with the people of the cast, their orders and texts, but none of their studies.

Run as a child process (`python -m tests.e2e.seed`): the portal under test has a database of its own.
"""

import django


def main() -> None:
    """Institution, texts, people, orders: what the journeys start from."""
    django.setup()
    from django.db import transaction

    from placa.demo import cast, texts

    with transaction.atomic():
        cast.institution_and_sites()
        texts.publish()
        cast.people()
        cast.orders()


if __name__ == "__main__":
    main()
