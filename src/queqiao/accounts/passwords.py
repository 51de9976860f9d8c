"""What a password must be, said in the reader's language."""

from typing import Any

from django.core.exceptions import ValidationError

from queqiao.core.i18n import _

SHORTEST = 10


class LongAndMixed:
    """At least ten characters, and not digits alone."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError that says what is missing."""
        if len(password) < SHORTEST:
            raise ValidationError(_("密码至少 {n} 个字符。").format(n=SHORTEST))
        if password.isdecimal():
            raise ValidationError(_("密码不能只用数字。"))

    def get_help_text(self) -> str:
        """Say what a password must be."""
        return _("至少 10 个字符，不要只用数字。")
