"""The log of a process: lines on standard error, which the supervisor keeps in a file; no secret stands in them."""

import logging
import re

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_QUESTION = re.compile(r"(?<=/)([^\s?\"']*)\?[^\s\"']*")
_TOKEN = re.compile(rf"(?<=/)(?!{_UUID}(?![\w-]))[\w-]{{20,}}(?![\w.-])", re.ASCII)


def without_secrets(text: str) -> str:
    """Return a line as it may be logged.

    What stands behind the question mark of an address goes, and a part of its path that looks like a token (of an
    invitation, of a new password) becomes dots; public ids stay.
    """
    return _TOKEN.sub("…", _QUESTION.sub(r"\1", text))


class Discretion(logging.Filter):
    """Takes secrets out of every line of a handler."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Put the line as it may be logged in the place of the line."""
        record.msg, record.args = without_secrets(record.getMessage()), ()
        return True


def log_to_stderr() -> None:
    """Write the log of this process to standard error."""
    logging.basicConfig(level=logging.INFO, format=FORMAT)
    for handler in logging.getLogger().handlers:
        handler.addFilter(Discretion())
    logging.captureWarnings(capture=True)
