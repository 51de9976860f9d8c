"""Runs the product as a person would, and reads what it wrote."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Finished:
    """What a finished command printed and used."""

    output: str
    seconds: float
    peak_megabytes: float


def queqiao(*arguments: object) -> Finished:
    """Run one command in a process of its own, from a cold start; raises where it fails."""
    return run([sys.executable, "-m", "queqiao.cli", *map(str, arguments)])


def run(words: list[str], folder: Path | None = None) -> Finished:
    """Run a command, measuring wall-clock seconds and the peak memory of its process."""
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(words, stdout=output, stderr=errors, cwd=folder)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(words)} left with {process.returncode}: {errors.read()}")
        return Finished(output.read(), seconds, usage.ru_maxrss / 1024)
