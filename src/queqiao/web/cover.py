"""The picture of a record for sharing: a small poster, drawn in the moment it is asked for."""

import hashlib
import io
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIZE = (960, 540)  # pixels; messengers take pictures of more than 300 x 300
MARGIN, TITLE_LINES = 64, 3
DRAWN = "2"  # another number whenever covers come out differently, so that browsers fetch them anew
GROUND, ARCH, INK, SOFT, BAND, BAND_INK = "#123a78", "#1a4fa0", "#ffffff", "#dbe6f6", "#ffffff", "#1b2430"
BAND_HEIGHT = 108
# Where systems keep fonts, and fonts with Chinese characters, the best first; the number is the face in a collection.
FOLDERS = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts", "/System/Library/Fonts",
    "/Library/Fonts", "C:/Windows/Fonts",
)  # fmt: skip
FONTS = (
    ("NotoSansCJK-Bold.ttc", 2), ("NotoSansCJK-Regular.ttc", 2), ("NotoSansCJKsc-Bold.otf", 0),
    ("NotoSansCJKsc-Regular.otf", 0), ("SourceHanSansSC-Bold.otf", 0), ("SourceHanSansCN-Regular.otf", 0),
    ("wqy-microhei.ttc", 0), ("wqy-zenhei.ttc", 0), ("PingFang.ttc", 0), ("msyhbd.ttc", 0), ("msyh.ttc", 0),
    ("simhei.ttf", 0),
)  # fmt: skip
Font = ImageFont.FreeTypeFont


@lru_cache(maxsize=4)
def find_font(folders: tuple[str, ...] = FOLDERS) -> tuple[Path, int] | None:
    """Return the best font with Chinese characters and its face, None where the machine has none."""
    there = {path.name: path for folder in folders for path in _files(Path(folder).expanduser())}
    return next(((there[name], face) for name, face in FONTS if name in there), None)


def mark_of(words: Iterable[str]) -> str:
    """Return a mark that stays the same as long as the picture does, made of nothing but what stands on it."""
    return hashlib.sha256("\n".join([*words, DRAWN, str(find_font())]).encode()).hexdigest()[:32]


def draw_cover(kind: str, title: str, owner: str, foot: str, *, font: tuple[Path, int] | None) -> bytes:
    """Draw a poster as PNG: what kind of record, its title, whose it is ("" for nobody), and a line at the foot.

    Without a font there is the pattern alone.
    """
    image = Image.new("RGB", SIZE, GROUND)
    pen = ImageDraw.Draw(image)
    _arches(pen, title)
    pen.rectangle((0, SIZE[1] - BAND_HEIGHT, *SIZE), fill=BAND)
    if font:
        _write(pen, (kind, title, owner, foot), font)
    out = io.BytesIO()
    image.quantize(32, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def _write(pen: ImageDraw.ImageDraw, words: tuple[str, str, str, str], font: tuple[Path, int]) -> None:
    kind, title, owner, foot = words
    small, large = (ImageFont.truetype(str(font[0]), size, index=font[1]) for size in (30, 56))
    width = SIZE[0] - 2 * MARGIN
    pen.text((MARGIN, 56), kind, font=small, fill=SOFT)
    for place, line in enumerate(balanced(large, title, width, TITLE_LINES)):
        pen.text((MARGIN, 124 + place * 84), line, font=large, fill=INK)
    base = SIZE[1] - BAND_HEIGHT + 34
    right = small.getlength(foot)
    pen.text((SIZE[0] - MARGIN - right, base), foot, font=small, fill=BAND_INK)
    if owner:
        pen.text((MARGIN, base), wrapped(small, owner, width - right - 32, 1)[0], font=small, fill=BAND_INK)


def wrapped(font: Font, text: str, width: float, most: int) -> list[str]:
    """Break a text into at most ``most`` lines of a width in pixels; Latin words stay whole where they fit."""
    lines: list[str] = []
    rest = " ".join(text.split())
    while rest and len(lines) < most:
        cut = _fitting(font, rest, width)
        if cut < len(rest) and len(lines) == most - 1:
            lines.append(rest[: max(_fitting(font, rest, width - font.getlength("…")), 1)].rstrip() + "…")
            break
        lines.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return lines or [""]


def balanced(font: Font, text: str, width: float, most: int) -> list[str]:
    """Break a text into as few lines as ``wrapped`` does, but of like length, so that none holds one character."""
    lines = wrapped(font, text, width, most)
    if len(lines) == 1 or lines[-1].endswith("…"):
        return lines
    low, high = width / 2, width  # pixels; the narrowest measure that needs no further line lies between
    while high - low > 1:
        middle = (low + high) / 2
        tried = wrapped(font, text, middle, most + 1)
        low, high = (low, middle) if len(tried) == len(lines) else (middle, high)
    return wrapped(font, text, high, most)


def _fitting(font: Font, text: str, width: float) -> int:
    """Return how many characters of a text fit, at least one."""
    cut = next((n for n in range(len(text), 0, -1) if font.getlength(text[:n]) <= width), 1)
    if cut < len(text) and text[cut - 1 : cut + 1].isascii() and text[cut - 1 : cut + 1].isalnum():
        space = text.rfind(" ", 0, cut)
        return space if space > 0 else cut
    return cut


def _arches(pen: ImageDraw.ImageDraw, title: str) -> None:
    """Draw the arches of a bridge, whose widths come from the title."""
    left, seed = -80, hashlib.sha256(title.encode()).digest()
    for byte in seed[:6]:
        wide = 160 + byte % 140
        box = (left, SIZE[1] - BAND_HEIGHT - wide // 2, left + wide, SIZE[1] - BAND_HEIGHT + wide // 2)
        pen.arc(box, 180, 360, fill=ARCH, width=14)
        left += wide


def _files(folder: Path) -> Iterable[Path]:
    return folder.rglob("*.[ot]t[fc]") if folder.is_dir() else ()
