"""Who is told of matches, in which form, and that nobody is told twice."""

import pytest

from queqiao.accounts.actors import STRANGER, actor_for, system
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Message, Person
from queqiao.accounts.tests.factories import give, make_organisation, make_person, make_scope, make_user
from queqiao.matching.actions.running import match_everything
from queqiao.matching.actions.telling import tell_accepted, tell_new
from queqiao.matching.choices import Decision
from queqiao.matching.models import Match, Notice
from queqiao.matching.queries import visible_matches
from queqiao.matching.tests.workshop import blind, publish, put_out, small_corpus, work
from queqiao.needs.models import Need
from queqiao.records.models import RecordScope
from queqiao.research.models import Achievement

pytestmark = pytest.mark.django_db
TEXT = "镧改性吸附材料用于含氟废水深度处理，出水氟离子浓度低于1毫克每升。"


def editor_of(organisation: object) -> Person:
    person = make_user().person
    give(person, RoleKind.EDITOR, organisation)  # type: ignore[arg-type]
    return person


@pytest.fixture
def sides() -> tuple[Person, Person, Need, Achievement]:
    """Give an enterprise's editor, a university's editor, and a need and an achievement that fit."""
    enterprise, university = make_organisation(name="川锦光伏"), make_organisation(name="锦城大学", kind="university")
    asking, offering = editor_of(enterprise), editor_of(university)
    small_corpus(make_organisation(), make_organisation())
    need = publish(Need, enterprise, title="川锦基地含氟废水深度处理", problem=TEXT)
    offered = publish(Achievement, university, title="含氟废水深度处理吸附材料", description=TEXT)
    return asking, offering, need, offered


def test_an_owner_learns_once_that_a_need_fits(sides: tuple[Person, Person, Need, Achievement]) -> None:
    asking, offering, need, offered = sides
    work()
    letter = Message.objects.get(person=offering)
    assert need.title in letter.text
    assert offered.number in letter.text
    assert not Message.objects.filter(person=asking).exists()
    match_everything(by=system("test"))
    work()
    assert tell_new() == 0
    assert Message.objects.filter(person=offering).count() == 1


def test_of_a_blind_need_the_letter_shows_the_blind_title_only(
    sides: tuple[Person, Person, Need, Achievement],
) -> None:
    _asking, offering, need, _offered = sides
    blind(need, "某企业含氟废水处理")
    work()
    letter = Message.objects.get(person=offering)
    assert "某企业含氟废水处理" in letter.text
    assert letter.link == f"/records/{need.number}"
    assert "川锦" not in letter.text + letter.subject


def test_one_letter_names_five_and_counts_the_others(sides: tuple[Person, Person, Need, Achievement]) -> None:
    _asking, offering, need, _offered = sides
    for i in range(6):
        publish(Need, need.organisation, title=f"含氟废水深度处理{i}", problem=TEXT)
    work()
    letter = Message.objects.get(person=offering)
    assert letter.text.count("可能适合") == 5
    assert "另有 3 条" in letter.text
    assert Notice.objects.filter(person=offering).count() == 8  # with a need of the small corpus


def test_an_accepted_match_is_told_to_the_owner_of_the_need_once(
    sides: tuple[Person, Person, Need, Achievement],
) -> None:
    asking, _offering, need, offered = sides
    blind(offered, "某高校除氟材料")
    work()
    match = Match.objects.get(need=need, candidate_id=offered.pk)
    assert tell_accepted(match) == 0  # not accepted: the owner may not see it
    match.state = Decision.ACCEPTED
    match.save()
    assert [tell_accepted(match), tell_accepted(match)] == [1, 0]
    letter = Message.objects.get(person=asking)
    assert "某高校除氟材料" in letter.text
    assert "锦城" not in letter.text
    assert letter.link == f"/records/{offered.number}"


def test_everybody_sees_the_matches_that_concern_him_and_nobody_else_any(
    sides: tuple[Person, Person, Need, Achievement],
) -> None:
    asking, offering, need, offered = sides
    scope = make_scope()
    staff = make_person()
    give(staff, RoleKind.STAFF, scope.operator)
    broker = make_person()
    give(broker, RoleKind.BROKER, scope.operator)
    RecordScope.objects.create(kind="need", record_id=need.pk, scope=scope, recorded_by="system:test")
    put_out(need)
    work()
    match = Match.objects.get(need=need, candidate_id=offered.pk)
    assert set(visible_matches(actor_for(staff))) == set(Match.objects.filter(need=need))
    assert match in visible_matches(actor_for(offering))
    assert {one.candidate_id for one in visible_matches(actor_for(offering))} == {offered.pk}
    for actor in (STRANGER, actor_for(asking), actor_for(broker), actor_for(make_person())):
        assert not visible_matches(actor).exists()
    Match.objects.filter(pk=match.pk).update(state=Decision.ACCEPTED, broker=broker)
    for person in (staff, asking, offering, broker):
        assert match in visible_matches(actor_for(person))
    put_out(offered, visibility="invited")
    for person in (staff, asking, broker):
        assert not visible_matches(actor_for(person)).filter(pk=match.pk).exists()
    Match.objects.filter(pk=match.pk).update(state=Decision.REJECTED)
    assert not visible_matches(actor_for(offering)).filter(pk=match.pk).exists()
