"""Checks a password against a user; which user is meant was found out by the sign-in action."""

from typing import Any

from django.contrib.auth.backends import BaseBackend

from queqiao.accounts.models import User


class AddressBackend(BaseBackend):
    """Loads the signed-in user together with his person."""

    def get_user(self, user_id: Any) -> User | None:
        """Return the user, or None where he is closed or his person was erased."""
        return User.objects.select_related("person").filter(pk=user_id, is_active=True, person__erased_at=None).first()
