"""The worker: takes runs from the queue, one after the other."""

import os
import socket
from types import FrameType

from django_tasks_db.management.commands.db_worker import Worker

from queqiao.cli.running.goodbye import end_in_time
from queqiao.core.runs import leave, load_rooms


class QueueWorker(Worker):
    """A worker of the queue that tells its job to stop when the process is asked to end."""

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """End as soon as the job has stopped; a run that does not stop in time is queued again by its silence."""
        if self.running:
            end_in_time()
            leave()
        super().shutdown(signum, frame)


def work(*, until_empty: bool = False) -> None:
    """Do what the queue holds, until the process is asked to end or, where wished, the queue is empty."""
    load_rooms()
    worker = QueueWorker(
        queue_names=["default"],
        excluded_queue_names=[],
        interval=0.5,
        batch=until_empty,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=f"{socket.gethostname()}:{os.getpid()}"[-64:],
    )
    worker.configure_signals()
    worker.run()
