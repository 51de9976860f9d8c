"""Names of files: readable, without a path and without signs that deceive the eye."""

import re
import unicodedata
from pathlib import PurePosixPath

from queqiao.core.i18n import _

_LONGEST_EXTENSION = 10
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)


def clean_name(name: str, longest: int) -> str:
    """Return the last part of ``name`` in at most ``longest`` signs, its extension kept.

    Control signs, signs that turn the direction of writing or cannot be seen, and half characters go; signs that some
    systems refuse become "_"; a name of which nothing remains becomes "附件".
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(" " if sign.isspace() else sign for sign in last if _is_visible(sign))
    plain = re.sub(r" +", " ", re.sub(r'[<>:"|?*]', "_", seen)).rstrip(" .")
    stem, extension = split_extension(plain)
    stem = stem.strip(" .") or _("附件")
    if _DEVICES.fullmatch(stem.partition(".")[0]):
        stem = f"_{stem}"
    return stem[: longest - len(extension)].rstrip(" .") + extension


def split_extension(name: str) -> tuple[str, str]:
    """Cut a name before its last dot; the extension comes with its dot and may be empty."""
    if re.fullmatch(r"\.[A-Za-z0-9]+", name):
        return "", name
    path = PurePosixPath(name)
    if not name or len(path.suffix) > _LONGEST_EXTENSION or not path.suffix.isascii() or " " in path.suffix:
        return name, ""
    return name[: len(name) - len(path.suffix)], path.suffix


def _is_visible(sign: str) -> bool:
    return sign.isspace() or unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
