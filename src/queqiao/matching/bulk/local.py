"""Runs the parts of a job in processes of this machine, which share both sides in memory."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import wait

from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _
from queqiao.engine.bulk.job import Job, never
from queqiao.engine.bulk.kernel import Stop, StoppedError
from queqiao.engine.progress import Progress

_PAUSE = 0.5  # seconds between two looks at the processes
_THREADS = "OPENBLAS_NUM_THREADS"


def run_parts(job: Job, progress: Progress, *, processes: int, should_stop: Stop = never) -> None:
    """Compute what is missing; ``progress`` counts needs.

    Raises StoppedError when asked to stop, and QueqiaoError where a process ended early, say for want of memory.
    """
    missing = job.missing()
    spawn = multiprocessing.get_context("spawn")  # a fork would copy threads that hold locks
    shares = [missing[i::processes] for i in range(min(processes, len(missing)))]
    running = [spawn.Process(target=_compute, args=(job, share)) for share in shares]
    with _one_thread_each():
        for worker in running:
            worker.start()
    try:
        while running:
            ended = wait([worker.sentinel for worker in running], timeout=_PAUSE)
            progress(job.done(), job.needs)
            for worker in [worker for worker in running if worker.sentinel in ended]:
                worker.join()
                running.remove(worker)
                if worker.exitcode:
                    raise QueqiaoError(
                        _("一个计算进程中途结束，可能是内存或磁盘不足；已完成的部分保留着，再运行一次会接着算。")
                    )
            if should_stop():
                raise StoppedError
    finally:
        for worker in running:
            worker.terminate()
            worker.join()


def _compute(job: Job, starts: Sequence[int]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    parent = multiprocessing.parent_process()
    try:
        for start in starts:
            job.compute(start, lambda: parent is not None and not parent.is_alive())
    except (OSError, MemoryError, StoppedError):
        sys.exit(1)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let processes that start now multiply in one thread each, for there are as many as processors."""
    before = os.environ.get(_THREADS)
    os.environ[_THREADS] = "1"
    try:
        yield
    finally:
        del os.environ[_THREADS]
        if before is not None:
            os.environ[_THREADS] = before
