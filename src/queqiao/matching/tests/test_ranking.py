"""Ranking in the site: the lists of the command line, kept up to date, and nothing lost that somebody judged."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from queqiao.accounts.actors import STRANGER, system
from queqiao.accounts.models import Alias, Organisation, ScopeMembership
from queqiao.accounts.tests.factories import make_organisation, make_scope
from queqiao.core.actions import queue_for_index
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.models import Activity, Outbox, Run, RunState
from queqiao.engine.ranking.batch import read_corpus, shortlists
from queqiao.engine.records import Achievement as Offered
from queqiao.engine.records import Need as Asked
from queqiao.engine.text.analyser import Analyser
from queqiao.matching.actions.adding import add_by_hand
from queqiao.matching.actions.ranking import Ranking, rank_need
from queqiao.matching.actions.running import match_everything
from queqiao.matching.actions.statistics import forget_statistics, statistics_in_use, statistics_of
from queqiao.matching.choices import Cause, Decision
from queqiao.matching.models import Due, Match, Round, Snapshot
from queqiao.matching.pool import Pool
from queqiao.matching.queries import both_may_see
from queqiao.matching.tests.workshop import ACHIEVEMENTS, NEEDS, blind, publish, put_out, small_corpus, work
from queqiao.needs.models import Need
from queqiao.records.actions import advance, grant, renew_audience
from queqiao.records.choices import State, Verb, Visibility
from queqiao.research.models import Achievement, Expert, Lab

pytestmark = pytest.mark.django_db


@pytest.fixture
def enterprise() -> Organisation:
    return make_organisation(name="川锦压铸")


@pytest.fixture
def university() -> Organisation:
    return make_organisation(name="锦城大学", kind="university")


def listed(need: Need, kind: str = "achievement") -> list[str]:
    models = {"achievement": Achievement, "expert": Expert, "lab": Lab}
    ids = (
        Match.objects.filter(need=need, kind=kind, listed=True).order_by("rank").values_list("candidate_id", flat=True)
    )
    return [models[kind].objects.get(pk=pk).title for pk in ids]


def test_the_site_ranks_as_the_command_line_does(enterprise: Organisation, university: Organisation) -> None:
    needs, offered = small_corpus(enterprise, university)
    match_everything(by=system("test"))
    work()
    asked = [Asked(one.number, title, text) for one, (title, text) in zip(needs, NEEDS, strict=True)]
    candidates = [Offered(one.number, title, text) for one, (title, text) in zip(offered, ACHIEVEMENTS, strict=True)]
    corpus = read_corpus(asked, candidates, analyser=Analyser())
    assert Snapshot.objects.latest("made_at").version == corpus.snapshot.version
    expected = [
        (match.need_id, match.candidate_id, match.rank, match.score, match.level, dict(match.parts))
        for one in shortlists(corpus, top=20)
        for match in one.matches
    ]
    numbers = {one.pk: one.number for one in offered}
    found = [
        (match.need.number, numbers[match.candidate_id], match.rank, match.score, match.level, match.parts)
        for match in Match.objects.filter(listed=True).select_related("need").order_by("need__number", "rank")
    ]
    assert found == sorted(expected, key=lambda one: (one[0], one[2]))
    assert found


def test_statistics_are_loaded_again_exactly(enterprise: Organisation, university: Organisation) -> None:
    small_corpus(enterprise, university)
    taken = statistics_in_use()
    assert taken is not None
    assert statistics_of(Snapshot.objects.get()).version == taken.version


def test_the_evidence_names_the_places_on_both_sides(enterprise: Organisation, university: Organisation) -> None:
    needs, _offered = small_corpus(enterprise, university)
    work()
    best = Match.objects.get(need=needs[1], rank=1, kind="achievement")
    term = best.evidence["terms"][0]
    part, start, end = term["need"][0]
    assert {"title": needs[1].title, "description": needs[1].problem}[part][start:end] == term["term"]
    met = [gap for gap in best.evidence["gaps"] if gap["status"] == "met"]
    part, start, end = met[0]["offered"]["place"]
    assert "0.6mg/L" in ACHIEVEMENTS[1][1][start:end]


def test_publishing_a_record_queues_one_run_and_both_sides_find_each_other(
    enterprise: Organisation, university: Organisation
) -> None:
    needs, _offered = small_corpus(enterprise, university)
    assert Run.objects.filter(kind="matching.due", state=RunState.QUEUED).count() == 1
    work()
    assert listed(needs[0])[0] == "真空压铸铝合金气孔控制技术"
    assert not Due.objects.exists()
    late = publish(Achievement, university, title="压铸铝合金气孔率在线检测", description="铝锭和铸件表面气孔率检测")
    work()
    assert late.title in listed(needs[0])


def test_what_the_index_does_not_know_yet_waits(enterprise: Organisation, university: Organisation) -> None:
    needs, _offered = small_corpus(enterprise, university)
    queue_for_index("need", needs[0].pk)
    work()
    assert [one.record_id for one in Due.objects.all()] == [needs[0].pk]
    assert not Match.objects.filter(need=needs[0]).exists()
    put_out(needs[0])
    work()
    assert listed(needs[0])


def test_a_draft_never_waits(enterprise: Organisation) -> None:
    need = Need.objects.create(number="XQ-1", title="草稿", organisation=enterprise)
    renew_audience(need)
    assert not Due.objects.exists()
    assert not Run.objects.filter(kind="matching.due").exists()


def test_a_change_says_why_matches_moved(enterprise: Organisation, university: Organisation) -> None:
    needs, offered = small_corpus(enterprise, university)
    work()
    put_out(offered[0], description="与压铸无关的内容", title="铝锭", revision=2)
    work()
    moved = Match.objects.get(need=needs[0], candidate_id=offered[0].pk)
    assert moved.before["score"] != moved.score
    assert moved.causes == [Cause.CANDIDATE]
    activities = Activity.objects.filter(target_kind="match")
    assert not activities.exists()


def test_given_a_withdrawn_achievement_then_it_leaves_the_lists_but_a_judged_one_stays(
    enterprise: Organisation, university: Organisation
) -> None:
    needs, offered = small_corpus(enterprise, university)
    work()
    Match.objects.filter(candidate_id=offered[1].pk).update(state=Decision.ACCEPTED)
    for one in offered[:2]:
        advance(one, Verb.WITHDRAW, by=system("test"), reason="不再转让")
        put_out(needs[2])
    work()
    assert not Match.objects.filter(candidate_id=offered[0].pk, listed=True).exists()
    assert Match.objects.filter(candidate_id=offered[1].pk, listed=True).exists()


def test_where_nothing_fits_the_round_lists_nothing(enterprise: Organisation, university: Organisation) -> None:
    small_corpus(enterprise, university)
    need = publish(Need, enterprise, title="招聘外贸会计", problem="寻找熟悉出口退税的会计人员")
    work()
    assert listed(need) == []
    assert Round.objects.get(need=need).state == "open"


def test_experts_and_labs_stand_beside_achievements(enterprise: Organisation, university: Organisation) -> None:
    needs, _offered = small_corpus(enterprise, university)
    record = "长期研究含氟废水深度处理与除氟吸附材料"
    publish(Expert, university, title="林清源", record=record, keywords=["含氟废水"])
    publish(Expert, university, title="罗桥", record="古典文学")
    publish(Lab, university, title="含氟废水处理中试平台", description="含氟废水深度处理与氟离子检测")
    work()
    assert listed(needs[1], "expert") == ["林清源"]
    assert listed(needs[1], "lab") == ["含氟废水处理中试平台"]
    evidence = Match.objects.get(need=needs[1], kind="expert", rank=1).evidence
    assert "含氟" in "".join(term["term"] for term in evidence["items"][0]["terms"])


def test_a_pair_of_which_one_side_may_not_see_the_other_is_not_matched(
    enterprise: Organisation, university: Organisation
) -> None:
    needs, offered = small_corpus(enterprise, university)
    put_out(offered[0], visibility=Visibility.INVITED)
    put_out(needs[1], visibility=Visibility.INVITED)
    blind(needs[2], "某关节部件国产化")
    own = publish(Achievement, enterprise, title=NEEDS[0][0], description=NEEDS[0][1])
    work()
    assert not Match.objects.filter(candidate_id__in=[offered[0].pk, own.pk], need__organisation=enterprise).exists()
    assert not Match.objects.filter(need=needs[1]).exists()
    assert listed(needs[2])[0] == "精密谐波减速器齿形设计"
    grant(offered[0], enterprise, by=system("test"))
    grant(needs[1], university, by=system("test"))
    put_out(needs[0])
    work()
    assert listed(needs[0])[0] == "真空压铸铝合金气孔控制技术"
    assert listed(needs[1])[0] == "含氟废水除氟吸附材料"


def test_a_scope_of_today_lets_its_members_see_each_other(enterprise: Organisation, university: Organisation) -> None:
    city = make_scope()
    ScopeMembership.objects.create(scope=city, organisation=enterprise, recorded_by="system:test")
    need = publish(Need, enterprise, title="含氟废水", problem="含氟废水", visibility=Visibility.SCOPE)
    offered = publish(Achievement, university, title="含氟废水", description="含氟废水")
    assert not both_may_see(need, Achievement).exists()
    ScopeMembership.objects.create(scope=city, organisation=university, recorded_by="system:test")
    assert list(both_may_see(need, Achievement)) == [offered]
    assert list(both_may_see(offered, Need)) == [need]


def queries_of_a_ranking(count: int) -> int:
    enterprise, university = make_organisation(), make_organisation(kind="university")
    members = {"visibility": Visibility.MEMBERS}
    need = publish(Need, enterprise, title="含氟废水", problem="含氟废水深度处理", **members)
    for i in range(count):
        publish(Achievement, university, title=f"含氟废水处理{i}", description="含氟废水深度处理", **members)
    snapshot = statistics_in_use()
    assert snapshot is not None
    ranking = Ranking(Pool(statistics_of(snapshot)), snapshot)
    with CaptureQueriesContext(connection) as asked:
        assert rank_need(need.pk, ranking) == min(count, 20)
    return len(asked)


def test_ranking_a_need_asks_the_same_number_of_queries_for_1_3_and_50_candidates() -> None:
    counts = []
    for count in (1, 3, 50):
        counts.append(queries_of_a_ranking(count))
        Achievement.objects.update(state=State.WITHDRAWN)
    assert len(set(counts)) == 1


def test_only_staff_may_ask_for_everything() -> None:
    with pytest.raises(ForbiddenError):
        match_everything(by=STRANGER)
    assert match_everything(by=system("test")).pk == match_everything(by=system("test")).pk


def test_given_a_full_run_that_was_stopped_then_it_goes_on_where_it_was(
    enterprise: Organisation, university: Organisation
) -> None:
    needs, _offered = small_corpus(enterprise, university)
    run = match_everything(by=system("test"))
    work()
    before = {one.pk: one.ranked_at for one in Round.objects.all()}
    Round.objects.filter(need=needs[2]).update(ranked_run=None)
    Run.objects.filter(pk=run.pk).update(state=RunState.QUEUED)
    work()
    after = {one.pk: one.ranked_at for one in Round.objects.all()}
    assert [Round.objects.get(pk=pk).need_id for pk in before if before[pk] != after[pk]] == [needs[2].pk]
    assert Snapshot.objects.count() == 1


def test_statistics_are_taken_anew_when_the_site_has_grown_and_old_ones_go_with_their_last_match(
    enterprise: Organisation, university: Organisation
) -> None:
    small_corpus(enterprise, university)
    work()
    first = Snapshot.objects.get()
    assert statistics_in_use() == first
    publish(Achievement, university, title="海水淡化膜", description="反渗透膜")
    work()
    second = Snapshot.objects.first()
    assert second is not None
    assert second.version != first.version
    match_everything(by=system("test"))
    work()
    forget_statistics()
    assert list(Snapshot.objects.all()) == [second]


def test_what_an_organisation_has_entered_three_times_takes_one_place(
    enterprise: Organisation, university: Organisation
) -> None:
    needs, offered = small_corpus(enterprise, university)
    title, text = ACHIEVEMENTS[0]
    again = [publish(Achievement, university, title=title, description=text) for _time in range(2)]
    elsewhere = publish(Achievement, make_organisation(name="望江大学"), title=title, description=text)
    work()

    def of_these() -> dict[object, list[str]]:
        ids = [offered[0].pk, elsewhere.pk, *(one.pk for one in again)]
        rows = Match.objects.filter(need=needs[0], listed=True, candidate_id__in=ids)
        return {match.candidate_id: match.evidence.get("same", []) for match in rows}

    assert of_these() == {offered[0].pk: [str(one.pk) for one in again], elsewhere.pk: []}
    advance(offered[0], Verb.WITHDRAW, reason="不再转让", by=system("test"))
    Outbox.objects.all().delete()
    work()
    assert of_these() == {again[0].pk: [str(again[1].pk)], elsewhere.pk: []}


def test_an_expert_is_not_matched_with_an_organisation_that_he_wants_to_keep_away_from(
    enterprise: Organisation, university: Organisation
) -> None:
    Alias.objects.create(organisation=enterprise, name="川锦铸造厂")
    need = publish(Need, enterprise, title="含氟废水深度处理", problem="含氟废水深度处理")
    other = publish(Need, make_organisation(name="川锦"), title="含氟废水", problem="含氟废水深度处理")
    expert = publish(Expert, university, title="林清源", record="含氟废水深度处理")
    work()
    assert (listed(need, "expert"), listed(other, "expert")) == (["林清源"], ["林清源"])
    for declared in ("青峦机械\r\n 川锦压铸 \r\n", "青峦机械、川锦铸造厂"):
        put_out(expert, conflicts=declared, revision=expert.revision + 1)
        work()
        assert (listed(need, "expert"), listed(other, "expert")) == ([], ["林清源"])
        assert (list(both_may_see(need, Expert)), list(both_may_see(expert, Need))) == ([], [other])
    with pytest.raises(QueqiaoError, match="专家也没有声明回避"):
        add_by_hand(need, expert.number, by=system("test"))
