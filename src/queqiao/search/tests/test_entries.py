"""Who finds what: the index against the list rule for random worlds, and words that a reader may not see."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from django.utils import timezone

from queqiao.accounts.actions.organisations import update_organisation
from queqiao.accounts.actors import STRANGER, Actor, actor_for, system
from queqiao.accounts.models import Organisation
from queqiao.accounts.tests.factories import make_organisation, make_person
from queqiao.core.models import Outbox
from queqiao.engine.retrieval import And, AnyOf, Eq, MemoryEngine, Not, Row, TextQuery
from queqiao.needs.models import Need
from queqiao.records.actions import create_record, renew_audience, save_record, write_translation
from queqiao.records.choices import State, Visibility
from queqiao.records.models import CatalogueRecord
from queqiao.records.queries import visible
from queqiao.records.tests.test_visibility import World
from queqiao.research.actions import erase_experts
from queqiao.research.models import Achievement, Expert
from queqiao.search.actions.indexing import drain
from queqiao.search.entries import ORGANISATION, SCHEMA, is_blind, query_tokens, record_id
from queqiao.search.queries import fetch, readable

pytestmark = pytest.mark.django_db
US = system("test")


@pytest.fixture
def engine() -> MemoryEngine:
    made = MemoryEngine()
    made.ensure(SCHEMA)
    return made


def settle(engine: MemoryEngine) -> None:
    while drain(engine, 7):
        pass


def found(engine: MemoryEngine, text: str, actor: Actor = US) -> list[str]:
    """Return the titles that a text finds for an actor, with a mark where by the blind form."""
    entries = engine.ids(TextQuery(query_tokens(text)), readable(actor))
    titles = {r.pk: r.title for model in (Need, Achievement, Expert) for r in model.objects.all()}
    titles |= {one.pk: one.name for one in Organisation.objects.all()}
    return sorted(titles[record_id(one)] + ("（匿名）" if is_blind(one) else "") for one in entries)


def published(model: type[CatalogueRecord], **values: Any) -> Any:
    organisation = values.pop("organisation", None) or make_organisation(name="川锦泵业")
    made = create_record(model, organisation=organisation, values=values, by=US)
    made.state, made.submitted_at = State.PUBLISHED, timezone.now()
    made.published_at = made.submitted_at
    made.save()
    renew_audience(made)
    return made


@pytest.mark.parametrize("seed", range(17))  # of twelve people each: 204 in all
def test_everybody_finds_exactly_what_the_list_rule_shows_him(seed: int, engine: MemoryEngine):
    world = World(random.Random(seed))  # noqa: S311 -- a test's dice
    settle(engine)
    for actor in [US, STRANGER, *map(actor_for, world.people)]:
        shown = {need.pk: bool(need.is_whole) for need in visible(Need, actor).filter(state=State.PUBLISHED)}
        entries = engine.ids(None, And((readable(actor), Not(Eq("kind", ORGANISATION)))))
        assert {record_id(one): not is_blind(one) for one in entries} == shown
        assert engine.facets(None, readable(actor), ["kind"])["kind"].get("need", 0) == len(shown)
        assert {row.pk for row in fetch(entries, actor)} == shown.keys()


def test_a_stranger_finds_a_blind_record_by_nothing_that_is_hidden_from_him(engine: MemoryEngine):
    values = {
        "title": "压铸件气孔缺陷", "blind_title": "某零部件内部缺陷检测", "problem": "变速箱壳体泄漏",
        "indicators": "检出率 99%", "keywords": ["铝合金"], "visibility": Visibility.BLIND,
    }  # fmt: skip
    need = published(Need, **values)
    write_translation(need, "problem", "gearbox leakage", language="en", by=US)
    write_translation(need, "title", "porosity in castings", language="en", by=US)
    write_translation(need, "indicators", "detection ratio", language="en", by=US)
    settle(engine)
    hidden = ("气孔", "变速箱", "铝合金", "川锦", "gearbox", "porosity")
    shown = ("零部件", "检出率", "detection", need.number)
    assert [found(engine, text, STRANGER) for text in hidden] == [[]] * len(hidden)
    assert [found(engine, text, STRANGER) for text in shown] == [["压铸件气孔缺陷（匿名）"]] * len(shown)
    owner = Actor("person:x", None, frozenset({"public", f"edit:{need.organisation_id}"}))
    assert [found(engine, text, owner) for text in hidden + shown] == [["压铸件气孔缺陷"]] * 10


def test_what_became_hidden_meanwhile_is_not_shown(engine: MemoryEngine):
    need = published(Need, title="压铸件气孔缺陷", blind_title="内部缺陷")
    settle(engine)
    stale = engine.ids(TextQuery(query_tokens("气孔")), readable(STRANGER))
    assert stale == [str(need.pk)]
    assert [row.pk for row in fetch(stale, STRANGER)] == [need.pk]
    save_record(need, {"visibility": Visibility.BLIND}, base_revision=need.revision, by=US)
    assert fetch(stale, STRANGER) == []
    assert [row.pk for row in fetch(stale, US)] == [need.pk]
    settle(engine)
    assert engine.ids(None, readable(STRANGER)) == [f"{need.pk}:blind"]
    need.refresh_from_db()
    save_record(need, {"visibility": Visibility.PUBLIC}, base_revision=need.revision, by=US)
    settle(engine)
    assert engine.ids(None, None) == [str(need.pk)]


def test_chinese_is_found_in_every_script_and_by_a_single_character(engine: MemoryEngine):
    published(Achievement, title="高鎳三元鋰電池電解液", result="循环寿命 3000 次", visibility=Visibility.PUBLIC)
    settle(engine)
    words = ("锂电池", "鋰電池", "电解液", "循环寿命", "镍", "川锦泵业")
    assert [found(engine, word, STRANGER) for word in words] == [["高鎳三元鋰電池電解液"]] * len(words)
    assert (found(engine, "轴承"), found(engine, "，。！？")) == ([], [])


def test_a_renamed_organisation_is_found_by_its_new_name_and_its_old_one(engine: MemoryEngine):
    need = published(Need, title="除氟")
    settle(engine)
    owner = need.organisation
    update_organisation(organisation=owner, values={"name": "蜀光阀门"}, base_revision=owner.revision, by=US)
    assert found(engine, "蜀光阀门") == []
    settle(engine)
    assert (found(engine, "蜀光阀门"), found(engine, "川锦泵业")) == (["蜀光阀门", "除氟"], ["蜀光阀门", "除氟"])
    assert Outbox.objects.count() == 0


def test_given_an_expert_is_erased_then_nothing_is_found_by_his_name(engine: MemoryEngine):
    person = make_person(name="欧阳明远")
    expert = published(Expert, title="欧阳明远", record="轴承润滑")
    Expert.objects.filter(pk=expert.pk).update(person=person)
    published(Achievement, title="重载轴承", team=[expert.pk])
    settle(engine)
    assert found(engine, "欧阳明远") == ["欧阳明远", "重载轴承"]
    erase_experts(person)
    settle(engine)
    assert found(engine, "欧阳明远") == []


def test_entries_can_be_narrowed_by_what_the_reader_sees(engine: MemoryEngine):
    published(Achievement, title="石墨烯涂层", trl=6, cooperation=["licence"])
    settle(engine)
    mine = And((readable(STRANGER), Eq("trl", 6), AnyOf("facets", ("organisation=enterprise",))))
    assert engine.count(mine) == 1
    day = timezone.localdate().toordinal()
    assert sorted(engine.facets(None, mine, ["facets"])["facets"]) == [
        "cooperation=licence", "kind=achievement", "maturity=middle", "organisation=enterprise", f"since={day}",
    ]  # fmt: skip


class DyingEngine(MemoryEngine):
    """Takes rows in and dies before anybody learns of it."""

    def upsert(self, rows: Sequence[Row]) -> None:
        super().upsert(rows)
        raise SystemExit


def test_given_the_indexer_dies_before_it_settles_a_change_then_the_next_one_takes_it_in_again(engine: MemoryEngine):
    need = published(Need, title="除氟")
    dying = DyingEngine()
    dying.ensure(SCHEMA)
    with pytest.raises(SystemExit):
        drain(dying)
    assert Outbox.objects.filter(record_id=need.pk).exists()
    settle(engine)
    assert (engine.ids(None, None), Outbox.objects.count()) == ([str(need.pk)], 0)
