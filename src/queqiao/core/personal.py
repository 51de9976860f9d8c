"""Personal values in the log, which can never be erased: a keyed mark tells that a value changed, not what it was."""

import hashlib
import hmac
import re
from typing import Any

from django.conf import settings

_MARK = re.compile(r"#[0-9a-f]{10}")


def mark(value: Any) -> str:
    """Return a short keyed mark of a personal value, "" for none; equal values have equal marks."""
    if not value:
        return ""
    digest = hmac.new(settings.SECRET_KEY.encode(), f"personal|{value}".encode(), hashlib.sha256).hexdigest()
    return f"#{digest[:10]}"


def is_mark(value: Any) -> bool:
    """Whether a value of the log is a mark, which tells people nothing."""
    return isinstance(value, str) and _MARK.fullmatch(value) is not None
