"""Every sentence that a person sees exists in Chinese and in English."""

import re
import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from queqiao.core.i18n import LOCALE_DIR, UnknownLanguageError, _, current_language, language

SOURCE = LOCALE_DIR.parent
KEYWORDS = {"_": None, "both": None, "lazy": None}
METHODS = [("**/tests/**", "ignore"), ("**.py", "python"), ("**/templates/**.html", "jinja2")]
HAN = re.compile(r"[\u3400-\u9fff]")


def messages() -> set[str]:
    found = extract_from_dir(SOURCE, METHODS, keywords=KEYWORDS)
    return {message for _file, _line, message, _comments, _context in found if isinstance(message, str) and message}


def catalogue() -> Catalog:
    with (LOCALE_DIR / "en" / "LC_MESSAGES" / "queqiao.po").open("rb") as file:
        return read_po(file, locale="en")


def placeholders(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}


def test_every_message_has_an_english_text_and_no_text_is_left_over() -> None:
    translated = {str(message.id) for message in catalogue() if message.id and message.string}
    assert messages() == translated


def test_no_english_text_is_fuzzy_or_holds_chinese() -> None:
    doubtful = [message.id for message in catalogue() if message.id and (message.fuzzy or HAN.search(message.string))]
    assert doubtful == []


def test_both_languages_fill_in_the_same_values() -> None:
    different = [m.id for m in catalogue() if m.id and placeholders(str(m.id)) != placeholders(str(m.string))]
    assert different == []


def test_templates_hold_no_text_outside_messages() -> None:
    for path in SOURCE.glob("**/templates/**/*.html"):
        if "tests" in path.parts:
            continue
        text = re.sub(r'\{\{.*?\}\}|\{%.*?%\}|aria-label="中文"|>中文<|<title>.*?</title>', "", path.read_text("utf-8"))
        assert [line.strip() for line in text.splitlines() if HAN.search(line)] == [], path.name


def test_the_language_is_changed_for_a_block_only() -> None:
    assert (current_language(), _("无关")) == ("zh", "无关")
    with language("en"):
        assert _("无关") == "unrelated"
    assert _("无关") == "无关"


def test_a_language_that_nobody_translated_is_refused() -> None:
    with pytest.raises(UnknownLanguageError, match="zh, en"), language("fr"):
        pass


def test_messages_are_written_where_translators_find_them() -> None:
    """A sentence with a value goes through format, never through an f-string, which no catalogue can hold."""
    offenders = [
        f"{path.relative_to(SOURCE)}"
        for path in SOURCE.rglob("*.py")
        if re.search(r'\b_\(\s*f["\']', Path(path).read_text("utf-8"))
    ]
    assert offenders == []
