"""What the staff said at the workbench becomes a model, which is used when somebody who runs the site says so."""

import json
import zlib

import pytest
from django.test import Client

from queqiao.accounts.actors import actor_for, system
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Person, User
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.models import Run, RunState
from queqiao.engine.ranking.ranker import MODEL_VERSION
from queqiao.matching.actions.deciding import grade_match, reject_match
from queqiao.matching.actions.learning import LEARN, _grades, ask_to_learn, model_in_use, use_model
from queqiao.matching.actions.running import match_everything
from queqiao.matching.choices import ReasonClass
from queqiao.matching.models import LearnedModel, Match
from queqiao.matching.tests.desk import Desk
from queqiao.matching.tests.workshop import work
from queqiao.web.bench_words import reason

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def user_of(person: Person) -> User:
    return User.objects.get(person=person)


def judged(desk: Desk) -> list[Match]:
    """Let the staff grade, accept and reject some of the candidates."""
    found = list(Match.objects.filter(kind="achievement", listed=True).order_by("need__number", "rank"))
    assert len(found) >= 4
    for match, grade in zip(found, (4, 2), strict=False):
        grade_match(match, grade, seen_revision=match.revision, by=desk.staff)
    for match, why in zip(found[2:], (ReasonClass.INDICATORS, ReasonClass.PRICE), strict=False):
        reject_match(match, reason_class=why, seen_revision=match.revision, by=desk.staff)
    return found


def learned(desk: Desk) -> LearnedModel:
    judged(desk)
    ask_to_learn(by=system("test"))
    work()
    return LearnedModel.objects.get()


def passed(row: LearnedModel) -> LearnedModel:
    """Give a model the verdict of one that is surely better; the few grades of a test never are."""
    content = json.loads(zlib.decompress(bytes(row.data)))
    better = {kind: content[kind] | {"orders": True, "levels": True} for kind in ("new", "known")}
    row.version, row.card = "3+feedbeef", row.card | {"useful": True}
    row.data = zlib.compress(json.dumps(content | better).encode())
    row.save()
    return row


def test_grades_and_reasons_that_speak_of_the_subject_count_and_others_do_not(desk: Desk) -> None:
    judged(desk)
    assert sorted((one.level, one.weight) for one in _grades()) == [(2, 0.3), (2, 1.0), (4, 1.0)]


def test_a_model_of_few_grades_says_so_and_cannot_be_used(desk: Desk) -> None:
    row = learned(desk)
    assert row.card["grades"] == 3
    assert (row.card["useful"], row.used) == (False, False)
    with pytest.raises(QueqiaoError, match="不能采用"):
        use_model(row.version, by=system("test"))
    assert model_in_use() is None


def test_without_grades_the_run_says_that_there_is_nothing_to_learn_from(desk: Desk) -> None:
    run = ask_to_learn(by=system("test"))
    assert ask_to_learn(by=system("test")).pk == run.pk
    with pytest.raises(AssertionError, match="评级太少"):  # what the run says
        work()
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert not LearnedModel.objects.exists()


def test_a_model_in_use_scores_the_matches_and_each_says_so_until_it_is_left(desk: Desk) -> None:
    row = passed(learned(desk))
    use_model(row.version, by=system("test"))
    match_everything(by=system("test"))
    work()
    scored = Match.objects.filter(kind="achievement", listed=True)
    assert {match.model_version for match in scored} == {model_in_use().version}  # type: ignore[union-attr]
    assert any("learned" in match.parts for match in scored)
    assert all(f"由评过的同类推算约 {match.evidence['expected']:.1f} 级" in reason(match, {}) for match in scored)
    assert {match.model_version for match in Match.objects.filter(kind="expert")} <= {MODEL_VERSION}
    assert any("model" in match.causes for match in scored)

    use_model("", by=system("test"))
    match_everything(by=system("test"))
    work()
    scored = Match.objects.filter(kind="achievement", listed=True)
    assert {match.model_version for match in scored} == {MODEL_VERSION}
    assert not any("learned" in match.parts for match in scored)


def test_a_model_of_an_older_version_of_the_product_is_left_aside(desk: Desk) -> None:
    row = passed(learned(desk))
    use_model(row.version, by=system("test"))
    content = json.loads(zlib.decompress(bytes(row.data))) | {"ranking": "1"}
    LearnedModel.objects.update(version="1+0000abcd", data=zlib.compress(json.dumps(content).encode()))
    assert model_in_use() is None
    with pytest.raises(QueqiaoError, match="旧版本"):
        use_model("1+0000abcd", by=system("test"))


def test_staff_see_the_page_and_only_who_runs_the_site_may_change_anything(desk: Desk) -> None:
    row = passed(learned(desk))
    with pytest.raises(ForbiddenError):
        ask_to_learn(by=desk.staff)
    client = Client()
    client.force_login(user_of(desk.first))
    page = client.get("/staff/model").content.decode()
    assert row.version in page
    assert "采用这个模型" not in page
    assert client.post("/staff/model", {"what": "use", "version": row.version}).status_code == 403
    assert not LearnedModel.objects.filter(used=True).exists()


def test_who_runs_the_site_learns_uses_and_goes_back_on_the_page(desk: Desk) -> None:
    judged(desk)
    chief = desk.person("陶然", RoleKind.OPERATOR_ADMIN)
    assert actor_for(chief).ids("operate")
    client = Client()
    client.force_login(user_of(chief))
    assert "已开始学习" in client.post("/staff/model", {"what": "learn"}, follow=True).content.decode()
    work()
    row = passed(LearnedModel.objects.get())
    used = client.post("/staff/model", {"what": "use", "version": row.version}, follow=True).content.decode()
    assert "退回默认排序" in used
    assert LearnedModel.objects.get(used=True).version == row.version
    back = client.post("/staff/model", {"what": "use", "version": ""}, follow=True).content.decode()
    assert "没有采用学来的模型" in back
    gone = client.post("/staff/model", {"what": "use", "version": "3+00000000"})
    assert gone.status_code == 422
    assert "已不在" in gone.content.decode()
    assert Run.objects.filter(kind=LEARN).count() == 1
    english = client.get("/staff/model", headers={"accept-language": "en"}).content.decode()
    assert row.version in english
