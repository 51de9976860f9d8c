"""One tree of processes: web, worker, clock and indexer; one that dies is started again, and all end together."""

import os
import shutil
import sys
from collections.abc import Mapping
from configparser import RawConfigParser
from pathlib import Path
from typing import NoReturn

from queqiao.cli.running.parent import VARIABLE

PROGRAMS: Mapping[str, str] = {
    "web": "-m gunicorn --config python:queqiao.cli.running.web_server",
    "worker": "-m queqiao.cli worker",
    "tick": "-m queqiao.cli tick",
    "indexer": "-m queqiao.cli indexer",
}
_GOODBYE = 10  # seconds from the request to end until a process is ended by force
_LOG_SIZE, _LOG_COUNT = "10MB", 5


def supervise(data_dir: Path) -> NoReturn:
    """Become the supervisor, whose own lines go to standard output; each process logs to a file in ``logs``."""
    (data_dir / "logs").mkdir(parents=True, exist_ok=True)
    file = data_dir / "supervisor.conf"
    with file.open("w", encoding="utf-8") as out:
        configuration(data_dir, os.getpid()).write(out)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "supervisor.supervisord", "-c", str(file)])  # noqa: S606 -- no shell is the point


def configuration(data_dir: Path, supervisor: int) -> RawConfigParser:
    """Return the supervisor's configuration; ``supervisor`` is its process id, which its children watch."""
    parser = RawConfigParser()
    parser["supervisord"] = {
        "nodaemon": "true",
        "loglevel": "warn",
        "logfile": _plain(data_dir / "logs" / "supervisor.log"),
        "logfile_maxbytes": _LOG_SIZE,
        "logfile_backups": str(_LOG_COUNT),
        "pidfile": _plain(data_dir / "supervisor.pid"),
        "environment": f'{VARIABLE}="{supervisor}"',
    } | ({"user": "root"} if os.geteuid() == 0 else {})
    for name, words in PROGRAMS.items():
        parser[f"program:{name}"] = {
            "command": f'{_lead(name)}"{_plain(sys.executable)}" {words}',
            "autorestart": "true",
            "startretries": "1000000",
            "stopwaitsecs": str(_GOODBYE),
            "redirect_stderr": "true",
            "stdout_logfile": _plain(
                _plain(data_dir / "logs" / f"{name}.log")
            ),  # the supervisor expands this one twice
            "stdout_logfile_maxbytes": _LOG_SIZE,
            "stdout_logfile_backups": str(_LOG_COUNT),
        }
    parser["group:queqiao"] = {"programs": ",".join(PROGRAMS)}  # a group ends at once, not one after the other
    return parser


def _lead(name: str) -> str:
    """Return what goes before a program's command: whatever is no page gives way to pages, as far as it can be said."""
    nice = shutil.which("nice")
    return "" if name == "web" or nice is None else f'"{_plain(nice)}" -n 5 '


def _plain(value: object) -> str:
    return str(value).replace("%", "%%")
