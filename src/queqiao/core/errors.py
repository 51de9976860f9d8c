"""Errors that a person reads: what happened, what was kept, what to do."""

from dataclasses import dataclass
from pathlib import Path

from queqiao.core.i18n import _


class QueqiaoError(Exception):
    """Something a person can mend; its text is one clear sentence or two, in the reader's language."""


class InputError(QueqiaoError):
    """A file holds something that cannot be read; says in which file, line and column."""

    def __init__(self, message: str, *, path: Path | None = None, line: int | None = None, column: str | None = None):
        self.place = Place(path, line, column)
        self.message = message
        super().__init__(message)

    def __str__(self) -> str:
        place = str(self.place)
        return _("{place}：{message}").format(place=place, message=self.message) if place else self.message


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands; ``line`` counts from 1 and includes the header."""

    path: Path | None = None
    line: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        parts = [str(self.path)] if self.path else []
        if self.line is not None:
            parts.append(_("第 {line} 行").format(line=self.line))
        if self.column is not None:
            parts.append(_("“{column}”列").format(column=self.column))
        return _("，").join(parts)


class ForbiddenError(QueqiaoError):
    """The actor may not do this."""


class StaleError(QueqiaoError):
    """Somebody else changed the record in the meantime; carries what differs."""

    def __init__(self, message: str, *, theirs: dict[str, object], revision: int):
        self.theirs, self.revision = theirs, revision
        super().__init__(message)


class StorageFullError(QueqiaoError):
    """There is no room left on the disk; nothing was half-written."""
