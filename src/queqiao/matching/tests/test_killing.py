"""A full run whose worker is killed is taken up again: nothing lost, nothing doubled."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping

Site = Mapping[str, str]
ENTER = """
import django
django.setup()
from queqiao.accounts.actors import system
from queqiao.accounts.models import Organisation
from queqiao.core.models import Run
from queqiao.matching.actions.running import match_everything
from queqiao.matching.models import Due
from queqiao.matching.tests.workshop import publish
from queqiao.needs.models import Need
from queqiao.research.models import Achievement
asking = Organisation.objects.create(number="JG-1", name="川锦泵业", kind="enterprise")
offering = Organisation.objects.create(number="JG-2", name="锦城大学", kind="university")
for i in range(40):
    publish(Need, asking, title=f"含氟废水处理{i}", problem="含氟废水深度处理，出水氟离子浓度小于1mg/L。" * 20)
for i in range(30):
    publish(Achievement, offering, title=f"除氟吸附材料{i}", description="含氟废水深度处理，浓度0.6mg/L。" * 20)
Due.objects.all().delete()
Run.objects.all().delete()
print(match_everything(by=system("test")).pk)
"""
EXECUTE = (
    "import sys, uuid, django\ndjango.setup()\nfrom queqiao.core import runs\nruns.execute(uuid.UUID(sys.argv[1]))"
)
RANKED = """
import django
django.setup()
from queqiao.matching.models import Round
print(Round.objects.exclude(ranked_run=None).count())
"""
TAKE_UP = """
import django, datetime
django.setup()
from django.utils import timezone
from queqiao.core.runs import requeue_stale
print(requeue_stale(timezone.now() + datetime.timedelta(seconds=70)))
"""
RESULT = """
import sys, django
django.setup()
from django.db.models import Count
from queqiao.core.models import Run
from queqiao.matching.models import Match, Round, Snapshot
run = Run.objects.get(pk=sys.argv[1])
rounds = set(Round.objects.values_list("ranked_run", flat=True))
listed = set(Match.objects.filter(listed=True).values("need").annotate(n=Count("pk")).values_list("n", flat=True))
moved = Match.objects.exclude(before=None).count()
print(run.state, Round.objects.count(), rounds == {run.pk}, listed, moved, Snapshot.objects.count(), sep="|")
"""


def python(site: Site, code: str, *words: object) -> str:
    call = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(call, env=site, capture_output=True, text=True, check=True).stdout.strip()


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds


def test_given_a_worker_killed_in_mid_run_then_every_need_is_ranked_once(migrated_site: Site) -> None:
    run = python(migrated_site, ENTER)
    worker = subprocess.Popen([sys.executable, "-c", EXECUTE, run], env=migrated_site)
    wait_until(lambda: int(python(migrated_site, RANKED)) > 0)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert 0 < int(python(migrated_site, RANKED)) < 40
    assert python(migrated_site, TAKE_UP) == "1"
    python(migrated_site, EXECUTE, run)
    assert python(migrated_site, RESULT, run) == "done|40|True|{20}|0|1"
