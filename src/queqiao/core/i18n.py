"""The reader's language: Chinese is the source of every sentence, English comes from ``locale/``.

Works without Django, so that the command line and the engine's callers speak both languages too.
"""

import gettext as _gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from django.utils.functional import lazy as _lazy

LANGUAGES = ("zh", "en")
LOCALE_DIR = Path(__file__).parent.parent / "locale"
DOMAIN = "queqiao"

_language: ContextVar[str] = ContextVar("language", default="zh")


class UnknownLanguageError(ValueError):
    """A language that Queqiao does not speak, or whose catalogue was never compiled."""


def use_language(language: str) -> None:
    """Speak ``language`` ("zh" or "en") from here on in this context.

    Raises UnknownLanguageError for any other code and where the English catalogue was not compiled.
    """
    _catalogue(language)
    _language.set(language)


def current_language() -> str:
    """Return the code of the language in use."""
    return _language.get()


@contextmanager
def language(code: str) -> Iterator[None]:
    """Speak another language inside the ``with`` block only."""
    _catalogue(code)
    token = _language.set(code)
    try:
        yield
    finally:
        _language.reset(token)


def _(message: str) -> str:
    """Return ``message``, which is written in Chinese, in the language in use."""
    return _catalogue(_language.get()).gettext(message)


# A sentence that is put into words only when it is shown: for labels of forms and of choices.
lazy = _lazy(_, str)


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(code: str) -> _gettext.NullTranslations:
    if code == "zh":
        return _gettext.NullTranslations()
    if code not in LANGUAGES:
        raise UnknownLanguageError(f"未知的语言 {code!r}；可用：{', '.join(LANGUAGES)}。")
    try:
        return _gettext.translation(DOMAIN, LOCALE_DIR, languages=[code])
    except FileNotFoundError as error:
        raise UnknownLanguageError(
            "The English texts were not compiled; run 'make setup' first. / 英文文本尚未编译，请先运行 make setup。"
        ) from error
