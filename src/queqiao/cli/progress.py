"""Progress of long work on standard error: one line that changes on a terminal, a few lines in a log."""

import sys
import time
from types import TracebackType
from typing import Self

from queqiao.core.i18n import _

_TERMINAL_PAUSE, _LOG_PAUSE = 0.1, 5.0  # seconds between two lines


class Progress:
    """Shows how far a stage is; used as a context manager around the stage."""

    def __init__(self, stage: str):
        self._stage = stage
        self._terminal = sys.stderr.isatty()
        self._shown = self._started = time.monotonic()

    def __enter__(self) -> Self:
        """Begin the stage."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the stage and say how long it took."""
        if self._terminal:
            sys.stderr.write("\r\033[K")
        if error is None:
            seconds = time.monotonic() - self._started
            self.say(_("{stage}：完成，{seconds:.1f} 秒").format(stage=self._stage, seconds=seconds))

    def show(self, done: int, total: int) -> None:
        """Say that ``done`` of ``total`` are done; most calls are too soon after the last one to be shown."""
        now = time.monotonic()
        if now - self._shown < (_TERMINAL_PAUSE if self._terminal else _LOG_PAUSE):
            return
        self._shown = now
        line = _("{stage}：{done}/{total}").format(stage=self._stage, done=done, total=total)
        sys.stderr.write(f"\r\033[K{line}" if self._terminal else f"{line}\n")
        sys.stderr.flush()

    @staticmethod
    def say(text: str) -> None:
        """Write one line to standard error."""
        sys.stderr.write(f"{text}\n")
