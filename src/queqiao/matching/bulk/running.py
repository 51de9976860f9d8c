"""Runs a bulk job to its end, where the settings say."""

import os

from queqiao.core.errors import QueqiaoError
from queqiao.engine.bulk.job import Job, never
from queqiao.engine.bulk.kernel import Stop
from queqiao.engine.progress import Progress
from queqiao.env import SettingError, read_cluster
from queqiao.matching.bulk import cluster, local


def run_job(job: Job, progress: Progress, *, should_stop: Stop = never) -> None:
    """Compute the parts that are missing; ``progress`` counts needs.

    Raises StoppedError when asked to stop, and QueqiaoError where it cannot go on; what is done is kept either way.
    """
    try:
        address = read_cluster("QUEQIAO_RAY_ADDRESS")
    except SettingError as error:
        raise QueqiaoError(str(error)) from error
    if address:
        cluster.run_parts(job, progress, address=address, should_stop=should_stop)
    else:
        local.run_parts(job, progress, processes=os.cpu_count() or 1, should_stop=should_stop)
