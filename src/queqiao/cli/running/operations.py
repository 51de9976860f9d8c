"""What the API offers, in both languages, for its page of the reference."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from queqiao.api.v1 import document
from queqiao.core.i18n import LANGUAGES, language


def described() -> dict[str, dict[str, Any]]:
    """Return the description of the API by language."""
    found = {}
    for code in LANGUAGES:
        with language(code):
            found[code] = json.loads(json.dumps(document(), cls=DjangoJSONEncoder))
    return found
