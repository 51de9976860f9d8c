"""How a process of the site is asked to end, and how long it has."""

import signal
from queue import Empty, SimpleQueue
from types import FrameType

LONGEST = 5  # seconds for the work at hand; the supervisor waits twice as long before it uses force itself
SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Goodbye:
    """Notes that the process is asked to end, from the moment it is made."""

    def __init__(self) -> None:
        # an Event would wait for its own lock if the signal came while it is held; this queue never does
        self._requests: SimpleQueue[int] = SimpleQueue()
        for number in SIGNALS:
            signal.signal(number, self._note)

    def is_due(self) -> bool:
        """Return whether the process was asked to end."""
        return not self._requests.empty()

    def wait(self, seconds: float) -> None:
        """Pause, but not once the process was asked to end."""
        try:
            self._requests.put(self._requests.get(timeout=seconds))
        except Empty:
            return

    def _note(self, number: int, _frame: FrameType | None) -> None:
        end_in_time()
        self._requests.put(number)


def end_at_once() -> None:
    """Let a request to end, end the process wherever it is."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def end_in_time() -> None:
    """Have the kernel end the process after ``LONGEST`` seconds, whatever it does then: loading, writing, waiting.

    Runs and the index are written so that a process may die at any point.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(LONGEST)
