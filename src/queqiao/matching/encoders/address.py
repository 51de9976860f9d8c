"""A server on the operator's network that turns texts into vectors, spoken to as OpenAI's embeddings are."""

import hashlib
import http.client
import json
import ssl
import time
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from queqiao.matching.encoders.configuration import Address
from queqiao.matching.encoders.naming import version_of
from queqiao.matching.encoders.trouble import EncoderFailedError, Trouble
from queqiao.matching.encoders.vectors import check_width, unit_rows

AT_ONCE = 8  # texts in one request: a large model without a graphics card takes a second or two for each
LONGEST_TEXT = 500  # characters; what is longer is cut, for many models take 512 tokens and servers refuse more
LONGEST_ANSWER = 32 * 1024 * 1024
_PIECE, _PAUSE = 64 * 1024, 0.5  # bytes read at once; seconds before the second try
_BUSY = frozenset({429, 500, 502, 503, 504})


class AddressEncoder:
    """Asks a server; nothing goes anywhere else: no proxy, no redirect."""

    def __init__(self, address: Address):
        self._address = address
        parts = urlsplit(address.url)
        self.place = parts.netloc
        self._path = parts.path
        digest = hashlib.sha256(f"{address.url}\n{address.model}\n{LONGEST_TEXT}".encode()).hexdigest()
        self.version = version_of(address.model, digest)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a vector for each text, as ``Encoder`` says; a broken line is tried once more, a delay is not."""
        found: list[NDArray[np.float32]] = []
        for some in _batches(texts):
            try:
                raw = self._ask(some)
            except (_AgainError, OSError, http.client.HTTPException) as error:
                raw = self._ask_again(some, error)
            rows = unit_rows(self._rows(raw, len(some)), place=self.place)
            if found:
                check_width(rows.shape[1], found[0].shape[1], place=self.place)
            found.append(rows)
        return np.concatenate(found)

    def _ask_again(self, texts: Sequence[str], first: Exception) -> bytes:
        if isinstance(first, TimeoutError):
            raise self._late() from None
        if isinstance(first, ssl.SSLCertVerificationError):
            raise EncoderFailedError(Trouble.CERTIFICATE, place=self.place) from None
        time.sleep(_PAUSE)
        try:
            return self._ask(texts)
        except TimeoutError:
            raise self._late() from None
        except _AgainError as error:
            raise EncoderFailedError(Trouble.REFUSED, place=self.place, status=error.status) from None
        except (OSError, http.client.HTTPException):
            raise EncoderFailedError(Trouble.AWAY, place=self.place) from None

    def _late(self) -> EncoderFailedError:
        return EncoderFailedError(Trouble.LATE, place=self.place, seconds=self._address.timeout)

    def _ask(self, texts: Sequence[str]) -> bytes:
        """Post one batch and return the answer; OSError, HTTPException or _AgainError where there is none."""
        until = time.monotonic() + self._address.timeout
        connection = self._connection()
        try:
            connection.connect()
            line = connection.sock
            body = {"model": self._address.model, "input": list(texts), "encoding_format": "float"}
            connection.request("POST", self._path, json.dumps(body, ensure_ascii=False).encode(), self._headers())
            line.settimeout(max(0.01, until - time.monotonic()))
            with connection.getresponse() as answer:
                if answer.status in _BUSY:
                    raise _AgainError(answer.status)
                if answer.status != 200:
                    raise EncoderFailedError(Trouble.REFUSED, place=self.place, status=answer.status)
                return self._read(answer, until)
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        parts, timeout = urlsplit(self._address.url), self._address.timeout
        host = parts.hostname or ""
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, parts.port, timeout=timeout)
        return http.client.HTTPSConnection(host, parts.port, timeout=timeout, context=ssl.create_default_context())

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json"}
        return headers | ({"Authorization": f"Bearer {self._address.key}"} if self._address.key else {})

    def _read(self, answer: http.client.HTTPResponse, until: float) -> bytes:
        raw = bytearray()
        while piece := answer.read1(_PIECE):
            raw += piece
            if len(raw) > LONGEST_ANSWER:
                raise EncoderFailedError(Trouble.UNREADABLE, place=self.place)
            if time.monotonic() > until:
                raise TimeoutError
        if answer.length:
            raise http.client.IncompleteRead(b"", answer.length)
        return bytes(raw)

    def _rows(self, raw: bytes, count: int) -> list[object]:
        """Return the vectors in the order of the texts, which the answer gives by ``index``."""
        try:
            entries = json.loads(raw)["data"]
            by_place = {entry["index"]: entry["embedding"] for entry in entries}
        except (ValueError, KeyError, TypeError, RecursionError):
            raise EncoderFailedError(Trouble.UNREADABLE, place=self.place) from None
        if len(entries) != count or by_place.keys() != set(range(count)):
            raise EncoderFailedError(Trouble.UNREADABLE, place=self.place)
        return [by_place[i] for i in range(count)]


class _AgainError(Exception):
    """The server says that it is busy."""

    def __init__(self, status: int):
        super().__init__(status)
        self.status = status


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(texts), AT_ONCE):
        yield [text[:LONGEST_TEXT] for text in texts[start : start + AT_ONCE]]
