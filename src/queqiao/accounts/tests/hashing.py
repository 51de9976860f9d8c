from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """The product's way to hash passwords at the least cost: tests make thousands, and nobody attacks them."""

    time_cost, memory_cost, parallelism = 1, 8, 1
