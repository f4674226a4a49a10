"""The password hasher of the tests: the same algorithm, made cheap."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """Argon2 at a thousandth of the cost; settings take it in test mode only."""

    time_cost = 1
    memory_cost = 64
    parallelism = 1
