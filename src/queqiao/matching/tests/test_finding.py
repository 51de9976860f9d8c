"""More candidates than can be held: they are found by the index, and the lists are the same."""

from pathlib import Path
from typing import Any

import pytest

from queqiao.accounts.actors import system
from queqiao.accounts.models import Organisation
from queqiao.accounts.tests.factories import make_organisation
from queqiao.engine.retrieval import LanceEngine
from queqiao.matching import pool
from queqiao.matching.actions.ranking import Ranking, rank_need
from queqiao.matching.actions.running import match_everything
from queqiao.matching.actions.statistics import statistics_in_use, statistics_of
from queqiao.matching.models import Match
from queqiao.matching.pool import Pool
from queqiao.matching.tests.workshop import publish, put_out, small_corpus, work
from queqiao.needs.models import Need
from queqiao.research.models import Achievement
from queqiao.search import index
from queqiao.search.entries import SCHEMA, entries_of, stamp

pytestmark = pytest.mark.django_db


@pytest.fixture
def university(settings: Any, tmp_path: Path) -> Organisation:
    settings.DATA_DIR = str(tmp_path)
    return make_organisation(name="锦城大学", kind="university")


@pytest.fixture
def needs(university: Organisation) -> list[Need]:
    needs, _offered = small_corpus(make_organisation(name="川锦压铸"), university)
    for i in range(8):
        publish(Achievement, university, title=f"铝合金铸件第{i}种热处理", description="铝合金铸件的热处理工艺。")
    return needs


def fill_index() -> None:
    engine = LanceEngine(index.folder())
    engine.ensure(SCHEMA)
    ids = [pk for model in (Need, Achievement) for pk in model._default_manager.values_list("pk", flat=True)]
    engine.upsert([*entries_of(ids), stamp()])
    engine.close()


def hold_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "MOST_HELD", 3)
    monkeypatch.setattr(pool, "PORTION", 2)
    fill_index()


def lists() -> list[tuple[object, ...]]:
    match_everything(by=system("test"))
    work()
    rows = Match.objects.filter(listed=True).order_by("need__number", "rank")
    return list(rows.values_list("need__number", "rank", "candidate_id", "score", "level", "evidence"))


def test_the_best_is_that_of_comparing_all(needs: list[Need], monkeypatch: pytest.MonkeyPatch) -> None:
    everything = [row for row in lists() if row[1] == 1]
    hold_few(monkeypatch)
    assert [row for row in lists() if row[1] == 1] == everything
    assert len(everything) == len(needs)


def test_a_changed_text_counts_at_once_whatever_was_read_before(
    needs: list[Need], monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_few(monkeypatch)
    snapshot = statistics_in_use()
    assert snapshot is not None
    ranking = Ranking(Pool(statistics_of(snapshot)), snapshot)
    drink = Achievement.objects.get(title="大豆蛋白肽饮料配方")
    rank_need(needs[1].pk, ranking)
    assert not Match.objects.filter(need=needs[1], candidate_id=drink.pk, rank=1).exists()
    put_out(drink, title="含氟废水深度处理", description="出水氟离子浓度0.5mg/L，处理成本5元/吨，含氟废水深度处理。")
    fill_index()
    ranking.pool.forget("achievement", [drink.pk])
    rank_need(needs[1].pk, ranking)
    assert Match.objects.filter(need=needs[1], candidate_id=drink.pk, rank=1).exists()
    ranking.pool.finder.close()
