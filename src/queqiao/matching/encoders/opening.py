"""From the settings to an encoder that asks for no text twice."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from queqiao.engine.ranking.semantic import Encoder
from queqiao.env import SettingError
from queqiao.matching.encoders.address import AddressEncoder
from queqiao.matching.encoders.cache import VectorCache, hash_of
from queqiao.matching.encoders.configuration import Address, read_configuration
from queqiao.matching.encoders.folder import load_folder
from queqiao.matching.encoders.trouble import wrong_setting
from queqiao.matching.encoders.vectors import check_width

_PIECE = 8  # texts after which what was computed is kept; one request to a server


class Placed(Encoder, Protocol):
    """An encoder that says where it is, for people."""

    place: str


class CachedEncoder:
    """An encoder with a cache before it; ``beat`` is called again and again while something is asked."""

    def __init__(self, asked: Placed, cache: VectorCache, beat: Callable[[], object] = lambda: None):
        self._asked, self._cache, self._beat = asked, cache, beat

    @property
    def version(self) -> str:
        """That of the encoder."""
        return self._asked.version

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a vector for each text, as ``Encoder`` says; those that are new are asked for, each once."""
        hashes = [hash_of(text) for text in texts]
        by_hash = dict(zip(hashes, texts, strict=True))
        found = self._cache.read(self.version, list(by_hash))
        missing = sorted((key for key in by_hash if key not in found), key=lambda key: len(by_hash[key]))
        width = next((vector.size for vector in found.values()), 0)
        if missing and not width:
            width = self._cache.width(self.version)
        for start in range(0, len(missing), _PIECE):
            self._beat()
            some = missing[start : start + _PIECE]
            rows = self._asked.encode([_speakable(by_hash[key]) for key in some])
            width = width or rows.shape[1]
            check_width(rows.shape[1], width, place=self._asked.place)
            new = dict(zip(some, rows, strict=True))
            self._cache.write(self.version, new)
            found |= new
        for vector in found.values():
            check_width(vector.size, width, place=self._asked.place)
        return np.stack([found[key] for key in hashes])


def _speakable(text: str) -> str:
    """Return a text without halves of characters, which no encoder takes."""
    return text.encode(errors="replace").decode()


def open_encoder(
    source: Mapping[str, str] = os.environ, *, beat: Callable[[], object] = lambda: None
) -> CachedEncoder | None:
    """Return the encoder that the settings name, with its cache in the data folder; None where they name none.

    Raises EncoderFailedError where it cannot be used. A server is not contacted before it is asked something.
    """
    asked = open_uncached(source)
    folder = Path(source.get("QUEQIAO_DATA_DIR", "data"))
    return None if asked is None else CachedEncoder(asked, VectorCache(folder / "encoder.sqlite3"), beat)


def open_uncached(source: Mapping[str, str] = os.environ) -> Placed | None:
    """Return the encoder itself, which is asked every time; otherwise as ``open_encoder``."""
    try:
        chosen = read_configuration(source)
    except SettingError as error:
        raise wrong_setting(error) from None
    if chosen is None:
        return None
    return AddressEncoder(chosen) if isinstance(chosen, Address) else load_folder(chosen)
