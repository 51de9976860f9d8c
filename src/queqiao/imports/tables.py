"""What the readers of CSV and XLSX hand on: rows as they stand, before any column is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from queqiao.core.errors import InputError
from queqiao.core.i18n import _

MOST_ROWS = 1_000_000

RawRow = tuple[int, tuple[str, ...]]  # the line in the file, from 1, and the cells


@dataclass(frozen=True, slots=True)
class Source:
    """Where a table comes from; ``sheet`` is empty where the file holds one table only."""

    path: Path
    sheet: str = ""

    def problem(self, message: str, *, line: int | None = None, column: str | None = None) -> InputError:
        """Return an error about this table, for the caller to raise."""
        if self.sheet:
            message = _("工作表“{sheet}”：{message}").format(sheet=self.sheet, message=message)
        return InputError(message, path=self.path, line=line, column=column)

    def too_many_rows(self) -> InputError:
        """Return the error for a table of more than MOST_ROWS rows."""
        return self.problem(_("超过 {limit} 行；请拆成几个文件。").format(limit=MOST_ROWS))


@dataclass(frozen=True, slots=True)
class Table:
    """The rows that are not blank.

    ``repeated`` has, by line, the positions (from 0) that show a merged cell begun in a line above. ``faults`` has,
    by line and position, what is wrong with a cell; it matters only if the cell's column does. In a ``delimited``
    table a row wider than its header holds a delimiter that should have been quoted.
    """

    source: Source
    rows: Sequence[RawRow]
    repeated: Mapping[int, Sequence[range]] = field(default_factory=dict)
    faults: Mapping[tuple[int, int], str] = field(default_factory=dict)
    delimited: bool = False
