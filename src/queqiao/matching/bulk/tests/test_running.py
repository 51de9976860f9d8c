"""A job in parts: the same result however it is cut, run, interrupted and taken up again."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from queqiao.core.errors import QueqiaoError
from queqiao.engine.bulk.job import Job
from queqiao.engine.bulk.kernel import StoppedError, top_lists
from queqiao.engine.bulk.tests.made_up import side
from queqiao.matching.bulk import cluster, local
from queqiao.matching.bulk.running import run_job

LONG = 400, 60_000  # needs and candidates of a job that takes long enough to be killed in the middle of it
VARIABLE = "QUEQIAO_RAY_ADDRESS"
LOOPBACK = "127.0.0.1"
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
Made = Callable[..., Job]


def silent(done: int, total: int) -> None: ...


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    monkeypatch.delenv(VARIABLE, raising=False)

    def make(name: str = "job", needs: int = 30, candidates: int = 80, needs_per_part: int = 10) -> Job:
        left, right = side(1, needs), side(2, candidates)
        return Job.begin(tmp_path / name, left, right, 7, mark="一", needs_per_part=needs_per_part)

    return make


@pytest.fixture
def long_job(made: Made) -> Job:
    return made("long", *LONG, needs_per_part=40)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """What a long job leaves when nobody disturbs it."""
    folder = tmp_path_factory.mktemp("undisturbed")
    job = Job.begin(folder, side(1, LONG[0]), side(2, LONG[1]), 7, mark="一", needs_per_part=40)
    local.run_parts(job, silent, processes=2)
    return files(job)


def files(job: Job) -> list[bytes]:
    return [job.file(start).read_bytes() for start in job.starts()]


@contextmanager
def running(job: Job, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run a job in a process of its own; whatever it started is ended with it."""
    script = (
        "import sys, pathlib; from queqiao.engine.bulk.job import Job\n"
        "from queqiao.matching.bulk.running import run_job\n"
        "run_job(Job.open(pathlib.Path(sys.argv[1]), '一'), lambda done, total: None)"
    )
    words = [sys.executable, "-c", script, str(job.folder)]
    process = subprocess.Popen(words, env=os.environ | environment, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(happened: Callable[[], Any]) -> Any:
    until = time.monotonic() + 30
    while not (found := happened()):
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.01)
    return found


def descendants(ancestor: int) -> dict[int, str]:
    """Return the processes that a process started, and those they started, with their command lines."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = {ancestor}
    for _generation in range(5):
        found |= {pid for pid, parent in parents.items() if parent in found}
    return {pid: _command_line(pid) for pid in sorted(found - {ancestor})}


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def pids(ancestor: int, called: str) -> list[int]:
    return [pid for pid, words in descendants(ancestor).items() if called in words]


def test_the_result_is_the_same_for_one_process_and_for_three_and_however_it_is_cut(made: Made):
    whole = top_lists(side(1, 30), side(2, 80), 7)
    jobs = [made(f"{processes}-{cut}", needs_per_part=cut) for processes, cut in ((1, 10), (3, 10), (3, 4), (1, 100))]
    for job, processes in zip(jobs, (1, 3, 3, 1), strict=True):
        local.run_parts(job, silent, processes=processes)
        found = job.result()
        assert np.array_equal(found.starts, whole.starts)
        assert np.array_equal(found.rows, whole.rows)
        assert np.array_equal(found.scores, whole.scores)
    assert files(jobs[0]) == files(jobs[1])


def test_progress_counts_needs(made: Made):
    seen: list[tuple[int, int]] = []
    run_job(made(needs=25), lambda done, total: seen.append((done, total)))
    assert seen[-1] == (25, 25)
    assert seen == sorted(seen)


def test_a_job_of_other_inputs_is_not_taken_up(made: Made):
    job = made()
    assert Job.open(job.folder, "一") == job
    assert Job.open(job.folder, "二") is None
    job.compute(0)
    assert job.missing() == [10, 20]
    assert made().missing() == [0, 10, 20]  # begun anew, it keeps nothing of before


def test_nothing_is_taken_up_in_an_empty_folder_or_a_broken_one(tmp_path: Path):
    assert Job.open(tmp_path, "一") is None
    (tmp_path / "job.json").write_text("{", "utf-8")
    assert Job.open(tmp_path, "一") is None


def test_what_a_job_left_is_removed_and_nothing_else(made: Made):
    job = made()
    run_job(job, silent)
    (job.folder / ".7-part-000000000.npz").touch()  # as a killed process leaves it
    mine = job.folder / "mine.txt"
    mine.touch()
    job.remove()
    assert list(job.folder.iterdir()) == [mine]
    mine.unlink()
    job.remove()
    assert not job.folder.exists()


def test_given_somebody_stops_it_then_what_is_done_is_kept(made: Made):
    job = made()
    with pytest.raises(StoppedError):
        run_job(job, silent, should_stop=lambda: job.done() > 0)
    assert job.done() > 0


@ON_LINUX
def test_given_the_run_is_killed_then_it_goes_on_with_what_is_missing(long_job: Job, undisturbed: list[bytes]):
    with running(long_job) as process:
        wait_for(lambda: long_job.done() > 0)
        workers = pids(process.pid, "spawn_main")
        process.kill()
    wait_for(lambda: not any(_command_line(pid) for pid in workers))
    written = {path: path.stat().st_mtime_ns for path in long_job.folder.glob("part-*")}
    assert 0 < len(written) < len(long_job.starts())
    run_job(long_job, silent)
    assert files(long_job) == undisturbed
    assert {path: path.stat().st_mtime_ns for path in written} == written


@ON_LINUX
def test_given_one_process_is_killed_then_the_run_says_so_and_keeps_what_is_done(
    long_job: Job, undisturbed: list[bytes]
):
    with running(long_job) as process:
        wait_for(lambda: long_job.done() > 0)
        os.kill(pids(process.pid, "spawn_main")[0], signal.SIGKILL)
        said = process.stderr.read()
    assert "再运行一次会接着算" in said
    assert 0 < long_job.done() < LONG[0]
    run_job(long_job, silent)
    assert files(long_job) == undisturbed


def test_given_a_process_cannot_go_on_then_that_is_said_in_one_sentence(made: Made, capfd: pytest.CaptureFixture[str]):
    job = made()
    shutil.rmtree(job.folder / "candidates")
    with pytest.raises(QueqiaoError, match="可能是内存或磁盘不足"):
        run_job(job, silent)
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def ray_cluster(tmp_path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """A Ray of two workers that listens on this machine only: its process, and the environment that leads to it."""
    pytest.importorskip("ray")
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        address = f"{LOOPBACK}:{free.getsockname()[1]}"
    folder = tempfile.mkdtemp(prefix="ray")  # short, for its sockets' sake
    # By this name Ray lets a Mac or a Windows machine keep to itself; it works everywhere. Its token goes to HOME.
    environment = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0", "HOME": folder}
    words = [
        sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", "--port", address.split(":")[1],
        "--num-cpus", "2", "--object-store-memory", "80000000", "--include-dashboard", "false", "--temp-dir", folder,
    ]  # fmt: skip
    with (tmp_path / "ray.log").open("w") as log:
        head = subprocess.Popen(words, env=os.environ | environment, stdout=log, stderr=log)
    try:
        wait_for(lambda: pids(head.pid, "raylet/raylet"))
        yield head.pid, environment | {VARIABLE: address}
    finally:
        started = descendants(head.pid)
        head.terminate()
        head.wait(timeout=10)
        for pid, words_of_it in started.items():
            if words_of_it and _command_line(pid) == words_of_it:
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


@ON_LINUX
def test_given_a_worker_of_ray_is_killed_then_the_result_is_the_same(
    long_job: Job, undisturbed: list[bytes], ray_cluster: tuple[int, dict[str, str]]
):
    head, environment = ray_cluster
    with running(long_job, **environment) as process:
        wait_for(lambda: long_job.done() > 0)
        os.kill(wait_for(lambda: pids(head, "ray::compute"))[0], signal.SIGKILL)
        assert long_job.missing() != []
        assert process.wait(timeout=40) == 0, process.stderr.read()
    assert files(long_job) == undisturbed


def test_given_nothing_answers_at_the_address_then_that_is_said(made: Made, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("ray")
    monkeypatch.setenv(VARIABLE, f"{LOOPBACK}:1")
    with pytest.raises(QueqiaoError, match=r"Ray 在 127\.0\.0\.1:1 没有应答"):
        run_job(made(), silent)


def test_given_ray_is_not_installed_then_that_is_said(made: Made, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(QueqiaoError, match="没有安装 Ray"):
        cluster.run_parts(made(), silent, address=f"{LOOPBACK}:1")


def test_given_no_address_then_that_is_said(made: Made, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(VARIABLE, "10.0.0.5")
    with pytest.raises(QueqiaoError, match="host:port"):
        run_job(made(), silent)
