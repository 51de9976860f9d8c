"""Work in the background: done once, by one worker, and taken up again where its worker died."""

import datetime
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from queqiao.core import runs
from queqiao.core.errors import QueqiaoError
from queqiao.core.models import Run, RunState
from queqiao.core.queries import history

MINUTE = datetime.timedelta(minutes=1, seconds=1)


@pytest.fixture(autouse=True)
def jobs() -> Iterator[dict[str, runs.Job]]:
    """Let a test register jobs of its own, which are gone after it."""
    runs.load_rooms()  # a module registers its jobs at its first import only
    kept = dict(runs._jobs)
    yield runs._jobs
    runs._jobs.clear()
    runs._jobs.update(kept)
    runs._leaving.clear()


def work_off() -> int:
    """Do what the queue holds, as a worker would; return how many runs that were."""
    done = 0
    while task := DBTaskResult.objects.ready().first():
        task.claim("test")
        done += runs.execute(uuid.UUID(task.args_kwargs["args"][0]))
    return done


def lose(run: Run, *, attempts: int = 1) -> None:
    """Leave a run as a worker leaves it that died a good minute ago."""
    DBTaskResult.objects.filter(id=run.task_id).delete()
    Run.objects.filter(pk=run.pk).update(
        state=RunState.RUNNING, owner="gone:1", heartbeat=timezone.now() - MINUTE, attempts=attempts
    )


def put(kind: str = "count", **arguments: object) -> Run:
    return runs.enqueue(kind, arguments, by="person:a")


@pytest.mark.django_db
def test_a_run_is_done_with_its_arguments_and_keeps_its_result():
    @runs.job("count")
    def count(context: runs.RunContext) -> dict[str, object]:
        context.progress(3, 3, "三个都数了")
        return {"sum": sum(context.arguments["numbers"])}

    run = put(numbers=[1, 2, 4])
    assert (run.state, work_off()) == ("queued", 1)
    run.refresh_from_db()
    assert (run.state, run.result, run.done, run.total, run.note, run.attempts, run.requested_by, run.error) == (
        "done", {"sum": 7}, 3, 3, "三个都数了", 1, "person:a", "",
    )  # fmt: skip
    assert run.started_at <= run.finished_at


@pytest.mark.django_db(transaction=True)
def test_given_a_change_that_fails_when_it_asked_for_work_then_nothing_is_queued():
    runs.job("count")(lambda _context: None)

    @transaction.atomic
    def change() -> float:
        put()
        return 1 / 0

    with pytest.raises(ZeroDivisionError):
        change()
    assert (Run.objects.count(), DBTaskResult.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_an_unknown_kind_is_refused():
    with pytest.raises(runs.UnknownJobError, match="juggle"):
        put("juggle")
    assert Run.objects.count() == 0


def test_two_jobs_never_share_a_kind():
    runs.job("count")(lambda _context: None)
    with pytest.raises(ValueError, match="count"):
        runs.job("count")(lambda _context: None)


@pytest.mark.django_db
def test_a_run_is_done_once_however_often_the_queue_holds_it():
    calls: list[int] = []
    runs.job("count")(lambda _context: calls.append(1))
    run = put()
    assert [runs.execute(run.pk), runs.execute(run.pk), work_off(), len(calls)] == [True, False, 0, 1]


@pytest.mark.django_db
def test_what_a_person_can_mend_is_said_in_its_own_words():
    @runs.job("count")
    def count(_context: runs.RunContext) -> None:
        raise QueqiaoError("第 3 行没有名称。")

    run = put()
    work_off()
    run.refresh_from_db()
    assert (run.state, run.error, run.error_reference) == ("failed", "第 3 行没有名称。", "")


@pytest.mark.django_db
def test_our_own_mistake_shows_a_reference_and_the_trace_is_only_in_the_log(caplog: pytest.LogCaptureFixture):
    @runs.job("count")
    def count(_context: runs.RunContext) -> None:
        raise KeyError("密码")

    run = put()
    work_off()
    run.refresh_from_db()
    assert (run.state, run.error, len(run.error_reference)) == ("failed", "程序内部出错，这项工作没有完成。", 8)
    assert run.error_reference in caplog.text
    assert "KeyError: '密码'" in caplog.text


@pytest.mark.django_db
def test_given_a_silent_worker_when_a_minute_has_passed_then_its_run_is_done_by_another_one():
    runs.job("count")(lambda _context: {"ok": True})
    run = put()
    lose(run)
    assert runs.requeue_stale(timezone.now() - MINUTE) == 0
    assert runs.requeue_stale(timezone.now()) == 1
    work_off()
    run.refresh_from_db()
    assert (run.state, run.result, run.attempts) == ("done", {"ok": True}, 2)


@pytest.mark.django_db
def test_a_run_with_a_sign_of_life_from_before_the_clock_was_put_back_does_not_wait_for_that_time():
    runs.job("count")(lambda _context: None)
    run = put()
    lose(run)
    assert runs.requeue_stale(timezone.now() - datetime.timedelta(days=1)) == 1


@pytest.mark.django_db
def test_a_run_whose_worker_died_three_times_is_given_up_and_says_so():
    runs.job("count")(lambda _context: None)
    run = put()
    lose(run, attempts=3)
    assert runs.requeue_stale(timezone.now()) == 1
    run.refresh_from_db()
    assert (run.state, work_off()) == ("failed", 0)
    assert "接连中断" in run.error


@pytest.mark.django_db
def test_a_worker_given_up_for_dead_that_wakes_up_changes_nothing():
    @runs.job("count")
    def count(context: runs.RunContext) -> dict[str, object]:
        Run.objects.update(owner="another:2", attempts=2)
        assert context.should_stop()
        context.progress(5, 5)
        return {"by": "the first"}

    run = put()
    work_off()
    run.refresh_from_db()
    assert (run.state, run.owner, run.done, run.result) == ("running", "another:2", 0, None)


@pytest.mark.django_db
def test_a_run_that_waits_without_a_place_in_the_queue_is_put_there_again():
    runs.job("count")(lambda _context: None)
    waiting, forgotten = put(), put()
    DBTaskResult.objects.filter(id=forgotten.task_id).update(status="RUNNING")
    Run.objects.update(queued_at=timezone.now() - MINUTE)
    assert [runs.requeue_stale(timezone.now()), runs.requeue_stale(timezone.now())] == [1, 0]
    assert work_off() == 2
    assert set(Run.objects.values_list("state", flat=True)) == {"done"}
    assert waiting.task_id != forgotten.task_id


@pytest.mark.django_db
def test_a_run_that_waits_is_cancelled_at_once():
    runs.job("count")(lambda _context: None)
    run = put()
    runs.cancel(run, by="person:b")
    assert (run.state, work_off()) == ("cancelled", 0)
    last = history("run", run.pk).get()
    assert (last.actor, last.verb, last.changes) == ("person:b", "cancel", {"state": ["queued", "cancelled"]})
    with pytest.raises(QueqiaoError, match="已经结束"):
        runs.cancel(run, by="person:b")


@pytest.mark.django_db
def test_a_run_at_work_that_is_cancelled_is_told_to_stop_and_stays_cancelled():
    @runs.job("count")
    def count(context: runs.RunContext) -> dict[str, object]:
        runs.cancel(Run.objects.get(), by="person:b")
        return {"stopped": context.should_stop()}

    run = put()
    work_off()
    run.refresh_from_db()
    assert (run.state, run.result) == ("cancelled", None)


@pytest.mark.django_db
def test_given_a_worker_that_is_asked_to_end_then_its_run_waits_for_the_next_one_and_no_attempt_is_lost():
    @runs.job("count")
    def count(context: runs.RunContext) -> dict[str, object]:
        if context.arguments["times"] == 1:
            runs.leave()
        return {"stopped": context.should_stop()}

    run = put(times=1)
    task = DBTaskResult.objects.ready().get()
    task.claim("test")
    runs.execute(run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempts, DBTaskResult.objects.ready().count()) == ("queued", 0, 1)


@pytest.mark.django_db
def test_a_finished_run_is_done_again_as_a_new_one():
    runs.job("count")(lambda context: context.arguments)
    run = put(number=7)
    with pytest.raises(QueqiaoError, match="还没有结束"):
        runs.rerun(run, by="person:b")
    work_off()
    run.refresh_from_db()
    again = runs.rerun(run, by="person:b")
    work_off()
    again.refresh_from_db()
    assert (again.rerun_of, again.requested_by, again.state, again.result) == (run, "person:b", "done", {"number": 7})


# A room's jobs as the processes of the next tests know them. The job adds ten numbers, each in its own transaction and
# only if it is not there yet, and stays at the fifth one for ever while it is asked to.
JOBS = """
import os, pathlib, time
from django.db import transaction
from queqiao.core import runs
from queqiao.core.models import ExternalId
import uuid
runs.BEAT_SECONDS = 0.2
stay = pathlib.Path(os.environ["QUEQIAO_DATA_DIR"]) / "stay"

@runs.job("add")
def add(context):
    for number in range(10):
        with transaction.atomic():
            ExternalId.objects.get_or_create(kind="test", source="test", value=str(number),
                                             defaults={"target_id": uuid.uuid4()})
        context.progress(number + 1, 10)
        while number == 4 and stay.exists() and not context.should_stop():
            time.sleep(0.02)
        if context.should_stop():
            return None
    return {"added": 10}
"""
START = f"import django; django.setup()\n{JOBS}\nfrom queqiao.cli.running.worker import work\n"
WORKER = START + "work()"
ENQUEUE = START + "print(runs.enqueue('add', {}, by='system:test').pk)"
REQUEUE = START + "import sys; from django.utils import timezone\nprint(runs.requeue_stale(timezone.now()))"
DRAIN = START + "work(until_empty=True)"
SHOW = (
    START
    + """
import json
from queqiao.core.models import Run
run = Run.objects.get()
print(json.dumps({"state": run.state, "done": run.done, "attempts": run.attempts, "result": run.result,
    "silent": (run.heartbeat and (__import__("django").utils.timezone.now() - run.heartbeat).total_seconds()),
    "rows": ExternalId.objects.count()}))
"""
)


class Site:
    """A site of one's own whose processes are scripts."""

    def __init__(self, environment: Mapping[str, str]):
        self.environment = environment
        self.stay = Path(environment["QUEQIAO_DATA_DIR"]) / "stay"
        self.stay.touch()

    def call(self, script: str) -> str:
        call = [sys.executable, "-c", script]
        return subprocess.run(
            call, env=self.environment, stdout=subprocess.PIPE, text=True, timeout=60, check=True
        ).stdout

    def shown(self) -> dict[str, object]:
        return json.loads(self.call(SHOW))

    def worker_at_work(self) -> subprocess.Popen[bytes]:
        worker = subprocess.Popen([sys.executable, "-c", WORKER], env=self.environment, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while self.shown()["rows"] != 5:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        return worker


@pytest.fixture
def site(migrated_site: Mapping[str, str]) -> Site:
    return Site(migrated_site)


AGE = START + (
    "import datetime\nfrom queqiao.core.models import Run\n"
    "Run.objects.update(heartbeat=datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=61))"
)


def test_given_a_worker_killed_in_mid_run_then_the_run_is_taken_up_again_and_nothing_is_doubled(site: Site):
    site.call(ENQUEUE)
    worker = site.worker_at_work()
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert site.call(REQUEUE).strip() == "0"  # a minute has not passed yet
    assert site.shown()["state"] == "running"
    site.call(AGE)
    site.stay.unlink()
    assert site.call(REQUEUE).strip() == "1"
    site.call(DRAIN)
    shown = site.shown()
    del shown["silent"]
    assert shown == {"state": "done", "done": 10, "attempts": 2, "result": {"added": 10}, "rows": 10}


def test_a_job_that_says_nothing_for_long_still_gives_signs_of_life(site: Site):
    site.call(ENQUEUE)
    worker = site.worker_at_work()
    try:
        site.call(AGE)
        time.sleep(0.5)
        shown = site.shown()
        assert shown["state"] == "running"
        assert float(str(shown["silent"])) < 5
        assert site.call(REQUEUE).strip() == "0"
    finally:
        worker.kill()
        worker.wait()


def test_given_a_worker_asked_to_end_in_mid_run_then_it_ends_at_once_and_the_next_one_goes_on(site: Site):
    site.call(ENQUEUE)
    worker = site.worker_at_work()
    began = time.monotonic()
    worker.terminate()
    worker.wait(timeout=10)
    assert time.monotonic() - began < 3
    shown = site.shown()
    assert (shown["state"], shown["attempts"], shown["rows"]) == ("queued", 0, 5)
    site.stay.unlink()
    site.call(DRAIN)
    shown = site.shown()
    assert (shown["state"], shown["attempts"], shown["rows"]) == ("done", 1, 10)
