"""The indexer as processes: what changes is found elsewhere at once, and nothing that happens to it loses anything."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from queqiao.engine.retrieval import IndexDamagedError, LanceEngine, TextQuery
from queqiao.search.entries import SCHEMA, STAMP, query_tokens

ENTER = """
import sys, time, django
django.setup()
from django.db import transaction
from django.utils import timezone
from queqiao.accounts.actors import system
from queqiao.accounts.models import Organisation
from queqiao.needs.models import Need
from queqiao.records.actions import create_record, renew_audience
from queqiao.core.models import Outbox
owner = Organisation.objects.get_or_create(number="JG-1", name="川锦泵业", kind="enterprise", state="pending")[0]
made = []
for i in range(int(sys.argv[2])):
    with transaction.atomic():
        need = create_record(Need, organisation=owner, values={"title": sys.argv[1]}, by=system("test"))
        need.state, need.submitted_at, need.published_at = "published", timezone.now(), timezone.now()
        need.save()
        renew_audience(need)
    made.append(need.pk)
print(time.time(), *made)
"""
WAITING = "import django\ndjango.setup()\nfrom queqiao.core.models import Outbox\nprint(Outbox.objects.count())"
Site = Mapping[str, str]


def python(site: Site, code: str, *words: object) -> list[str]:
    call = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(call, env=site, capture_output=True, text=True, check=True).stdout.split()


class Running:
    """Indexers of a site; all end with the block."""

    def __init__(self, site: Site, count: int = 1):
        self.log = Path(site["QUEQIAO_DATA_DIR"]) / "indexer.txt"
        with self.log.open("ab") as out:
            call = [sys.executable, "-m", "queqiao.cli", "indexer"]
            self.processes = [subprocess.Popen(call, env=site, stderr=out) for _ in range(count)]

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_error: object) -> None:
        for process in self.processes:
            process.terminate()
        assert {process.wait(timeout=20) for process in self.processes} <= {-signal.SIGTERM, -signal.SIGKILL}


def entries(site: Site, text: str = "") -> list[str] | None:
    """Return the ids that another process finds now, None where the index cannot be searched."""
    folder = Path(site["QUEQIAO_DATA_DIR"]) / "index"
    if not (folder / "records.lance").is_dir():
        return None
    engine = LanceEngine(folder)
    try:
        engine.ensure(SCHEMA)
        ids = engine.ids(TextQuery(query_tokens(text)) if text else None, None)
    except IndexDamagedError:
        return None
    finally:
        engine.close()
    return ids if text or STAMP in ids else None


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> float:
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds
        time.sleep(0.02)
    return time.time()


def test_a_change_is_found_in_another_process_within_two_seconds(migrated_site: Site):
    query_tokens("气孔")  # a process that searches has its dictionary loaded
    with Running(migrated_site):
        wait_until(lambda: entries(migrated_site) == [STAMP])
        entered, pk = python(migrated_site, ENTER, "压铸件气孔", 1)
        at = wait_until(lambda: entries(migrated_site, "气孔") == [pk])
        assert at - float(entered) < 2


def test_given_an_indexer_is_killed_at_work_then_nothing_is_lost_and_nothing_is_there_twice(migrated_site: Site):
    made = python(migrated_site, ENTER, "除氟", 600)[1:]
    with Running(migrated_site) as first:
        wait_until(lambda: (entries(migrated_site, "除氟") or []) != [])
        for process in first.processes:
            os.kill(process.pid, signal.SIGKILL)
    made += python(migrated_site, ENTER, "除氟", 20)[1:]
    with Running(migrated_site):
        wait_until(lambda: entries(migrated_site) == sorted([*made, STAMP]))
        wait_until(lambda: python(migrated_site, WAITING) == ["0"])


def test_of_two_indexers_one_writes_and_every_record_is_there_once(migrated_site: Site):
    with Running(migrated_site, 2) as both:
        made = [pk for _ in range(3) for pk in python(migrated_site, ENTER, "轴承", 40)[1:]]
        wait_until(lambda: entries(migrated_site) == sorted([*made, STAMP]))
        both.processes[0].kill()
        made += python(migrated_site, ENTER, "轴承", 1)[1:]
        wait_until(lambda: entries(migrated_site) == sorted([*made, STAMP]), 3)


def test_a_deleted_and_a_damaged_index_are_built_anew_and_a_line_says_so(migrated_site: Site):
    made = python(migrated_site, ENTER, "轴承", 3)[1:]
    folder = Path(migrated_site["QUEQIAO_DATA_DIR"]) / "index"
    with Running(migrated_site) as running:
        # It is damaged while nobody writes: each time the indexer has said that it is complete.
        wait_until(lambda: running.log.read_text(encoding="utf-8").count("is complete") == 1)
        shutil.rmtree(folder)
        wait_until(lambda: running.log.read_text(encoding="utf-8").count("is complete") == 2)
        assert entries(migrated_site) == sorted([*made, STAMP])
        for manifest in (folder / "records.lance" / "_versions").iterdir():
            manifest.write_bytes(b"nothing of sense")
        wait_until(lambda: entries(migrated_site) == sorted([*made, STAMP]))
        lines = running.log.read_text(encoding="utf-8").splitlines()
        assert sum("is built anew" in line for line in lines) == 3
        assert [line for line in lines if "Traceback" in line] == [], "\n".join(lines)


def test_the_command_line_rebuilds_and_says_how_the_index_is(migrated_site: Site):
    python(migrated_site, ENTER, "轴承", 3)
    said = []
    for words in ((), ("--rebuild",), (), ("--rebuild",)):
        call = [sys.executable, "-m", "queqiao.cli", "index", *words]
        done = subprocess.run(call, env=migrated_site, capture_output=True, text=True, check=True)
        said.append(done.stdout.strip())
    assert said == [
        "索引不可用；网站运行时会自动重建，也可运行 queqiao index --rebuild。",
        "索引已重建，共 3 条。",
        "索引正常：3 条，待更新 0 项。",
        "索引已重建，共 3 条。",
    ]
