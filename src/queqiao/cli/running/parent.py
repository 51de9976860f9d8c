"""A supervised process ends when its supervisor does, however that ends."""

import ctypes
import os
import signal
import sys

VARIABLE = "SUPERVISOR_PID"  # set by our configuration of the supervisor; absent where a process runs by itself
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def follow_parent() -> None:
    """Ask the kernel for SIGTERM when the supervisor dies; does nothing where there is none, or no Linux."""
    parent = os.environ.get(VARIABLE)
    if parent is None or sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
    if os.getppid() != int(parent):  # it died before we asked
        sys.exit(1)
