"""The worker: takes runs from the queue, one after the other."""

import os
import socket
import threading
from types import FrameType

from django_tasks_db.management.commands.db_worker import Worker

from queqiao.core.runs import leave, load_rooms

LONGEST_GOODBYE = 8.0  # seconds that the job at work has to stop; the run is queued again by its silence otherwise


class QueueWorker(Worker):
    """A worker of the queue that tells its job to stop when the process is asked to end."""

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """End as soon as the job has stopped, and in eight seconds at the latest."""
        if self.running:
            leave()
            deadline = threading.Timer(LONGEST_GOODBYE, os._exit, (1,))
            deadline.daemon = True
            deadline.start()
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
