"""How much one request may bring: what is larger is refused before a byte of it is read."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

MEGABYTE = 1024 * 1024
LARGEST_REQUEST = 25 * MEGABYTE


class UploadTooLargeError(RequestDataTooBig):
    """A form with files is larger than ``LARGEST_REQUEST`` bytes."""


class SizeGuard(FileUploadHandler):
    """Stands before the handlers that keep files, and lets only requests of an allowed size reach them.

    The length that a request states is its true bound: the server never hands on more than that.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803 -- Django's name
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        """Raise UploadTooLargeError for a request of more bytes than allowed."""
        if content_length > LARGEST_REQUEST:
            raise UploadTooLargeError

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Hand every part of a file on to the next handler."""
        return raw_data

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        """Keep nothing: the handlers behind this one do."""
        return None
