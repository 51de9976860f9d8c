"""Runs the parts of a job on a Ray cluster, all of whose machines see the job's folder under the same path.

Only the number of a part travels, and the file that a part leaves is the same as on one machine. A part whose worker
was lost is computed again by another one.
"""

import os
import socket
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _
from queqiao.engine.bulk.job import Job, never
from queqiao.engine.bulk.kernel import Stop, StoppedError
from queqiao.engine.progress import Progress

_PAUSE = 0.5  # seconds between two looks at the parts
_PATIENCE = 5.0  # seconds in which the address must answer; Ray itself waits for minutes
_TRIES = 3  # again, for each part whose worker was lost


def run_parts(job: Job, progress: Progress, *, address: str, should_stop: Stop = never) -> None:
    """Compute what is missing; ``address`` is ``host:port`` or ``ray://host:port``, ``progress`` counts needs.

    Raises StoppedError when asked to stop, and QueqiaoError where Ray is not installed, does not answer, or loses the
    same part again and again.
    """
    ray = _connected(address)
    try:
        compute = ray.remote(max_retries=_TRIES)(Job.compute)
        waiting = [compute.remote(job, start) for start in job.missing()]
        while waiting:
            ready, waiting = ray.wait(waiting, timeout=_PAUSE)
            ray.get(ready)
            progress(job.done(), job.needs)
            if should_stop():
                raise StoppedError
    except ray.exceptions.RayError as error:
        message = _(
            "Ray 上的计算中断：{detail}。请确认每台机器都装有鹊桥，并能以同一路径读写 {folder}；"
            "已完成的部分保留着，再运行一次会接着算。"
        )
        raise QueqiaoError(message.format(detail=type(error).__name__, folder=job.folder)) from error
    finally:
        ray.shutdown()


def knock(address: str) -> None:
    """Raise OSError or ValueError where nothing answers at the address of a cluster within seconds."""
    parts = urlsplit(address if "://" in address else f"//{address}")
    socket.create_connection((parts.hostname or "", parts.port or 0), _PATIENCE).close()


def _connected(address: str) -> Any:
    """Return the library, connected."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        ray = import_module("ray")  # large, and only for who chose it
    except ImportError:
        raise QueqiaoError(
            _("设置了 QUEQIAO_RAY_ADDRESS，但没有安装 Ray；运行 pip install ray 安装，或去掉这个设置在本机计算。")
        ) from None
    try:
        knock(address)
        ray.init(address=address, log_to_driver=False, logging_level="error")
    except (OSError, ValueError, RuntimeError) as error:
        raise QueqiaoError(
            _("Ray 在 {address} 没有应答；请核对 QUEQIAO_RAY_ADDRESS，或去掉它在本机计算。已完成的部分保留着。").format(
                address=address
            )
        ) from error
    return ray
