"""Pictures are drawn anew: what was hidden in the file (place, camera, comments, trailing bytes) does not survive."""

import struct
from dataclasses import dataclass
from io import BytesIO
from threading import Lock

from PIL import Image, ImageOps

from queqiao.core.files.kinds import FileKind, FileLimits, RefusedFileError
from queqiao.core.i18n import _

_FORMATS = {FileKind.PNG: "PNG", FileKind.JPEG: "JPEG", FileKind.WEBP: "WEBP"}
_QUALITY: dict[FileKind, dict[str, int]] = {
    FileKind.PNG: {},
    FileKind.JPEG: {"quality": 88},
    FileKind.WEBP: {"quality": 88},
}
# A large picture takes some hundred megabytes while it is decoded; many at once would take the machine.
_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept; width and height in pixels."""

    content: bytes
    width: int
    height: int


def redraw(content: bytes, kind: FileKind, name: str, limits: FileLimits) -> Picture:
    """Decode and encode a picture: upright, at most ``limits.side`` pixels long, without any metadata.

    RefusedFileError for a picture that is too large (before anything is decoded), moves, or is broken.
    """
    with _ONE_AT_A_TIME:
        upright = _decode(content, kind, name, limits)
    upright.info = {}
    out = BytesIO()
    upright.save(out, _FORMATS[kind], **_QUALITY[kind])
    return Picture(out.getvalue(), upright.width, upright.height)


def _decode(content: bytes, kind: FileKind, name: str, limits: FileLimits) -> Image.Image:
    try:
        if kind is FileKind.WEBP:
            # Its decoder makes room for the whole canvas, twice, as soon as the file is opened.
            _check_pixels(*_webp_size(content), name, limits.pixels // 2)
        with Image.open(BytesIO(content), formats=[_FORMATS[kind]]) as image:
            _check_pixels(*image.size, name, limits.pixels)
            _check_still(image, kind, name)
            return ImageOps.exif_transpose(_small(image, kind, limits.side))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels(name, limits.pixels) from None
    except (RefusedFileError, MemoryError):
        raise
    except Exception:  # over a broken file Pillow raises almost anything, down to AssertionError
        raise RefusedFileError(_("“{name}”已损坏，无法打开；请重新导出后再上传。").format(name=name)) from None


def _check_still(image: Image.Image, kind: FileKind, name: str) -> None:
    """Refuse what moves; a JPEG may hold a second picture (some phones do), of which the first is kept."""
    if kind is not FileKind.JPEG and getattr(image, "n_frames", 1) > 1:
        raise RefusedFileError(_("“{name}”是动态图片，请上传静态图片。").format(name=name))


def _small(image: Image.Image, kind: FileKind, side: int) -> Image.Image:
    """Return the picture in plain colours, at most ``side`` pixels long; a JPEG twice as long is halved in decoding."""
    if kind is not FileKind.JPEG and image.has_transparency_data:
        mode = "RGBA"
    else:
        mode = "L" if image.mode in {"1", "L", "LA"} else "RGB"
    plain = image if image.mode == mode else image.convert(mode)
    plain.thumbnail((side, side), Image.Resampling.LANCZOS)
    return plain


def _check_pixels(width: int, height: int, name: str, most: int) -> None:
    if width * height > most:
        raise _too_many_pixels(name, most)


def _too_many_pixels(name: str, most: int) -> RefusedFileError:
    return RefusedFileError(
        _("图片“{name}”的像素过多，最多 {n} 万像素；请缩小后再上传。").format(name=name, n=most // 10_000)
    )


def _webp_size(content: bytes) -> tuple[int, int]:
    """Read width and height from the first chunk, by the three layouts of the WebP container specification."""
    chunk = content[12:16]
    if chunk == b"VP8X":
        return int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError(chunk)
