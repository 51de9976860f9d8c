"""A record's life: submitted, returned with a reason, published, expired, confirmed, withdrawn, archived."""

import datetime
import io

import pytest
from django.utils import timezone

from queqiao.accounts.actors import Actor, actor_for, system
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Message, ScopeMembership
from queqiao.accounts.tests.factories import give, make_organisation, make_person, make_scope
from queqiao.core.errors import ForbiddenError, QueqiaoError, StaleError
from queqiao.core.files import FileLimits, inspect, store
from queqiao.core.queries import first_broken_link, history, state_as_of
from queqiao.needs.models import Need
from queqiao.records.actions import (
    accept_proposal,
    add_attachment,
    advance,
    create_record,
    expire_due,
    keep_copy,
    save_record,
)
from queqiao.records.choices import TRANSITIONS, State, Verb
from queqiao.records.models import WorkingCopy
from queqiao.records.queries import possible_steps, proposals
from queqiao.records.tasks import sweep_files
from queqiao.taxonomy.actions import load_own_fields
from queqiao.taxonomy.models import Node

pytestmark = pytest.mark.django_db


class House:
    """An enterprise with two editors in a city whose operator has one member of staff."""

    def __init__(self) -> None:
        load_own_fields()
        operator, self.enterprise = make_organisation(kind="association"), make_organisation(kind="enterprise")
        scope = make_scope(operator=operator)
        ScopeMembership.objects.create(scope=scope, organisation=self.enterprise, recorded_by="system:test")
        people = {name: make_person(name=name, email=f"{i}@example.org") for i, name in enumerate("编乙运")}
        give(people["编"], RoleKind.EDITOR, self.enterprise)
        give(people["乙"], RoleKind.EDITOR, self.enterprise)
        give(people["运"], RoleKind.STAFF, operator)
        self.editor, self.second, self.staff = (actor_for(person) for person in people.values())

    def draft(self, **values: object) -> Need:
        return create_record(Need, organisation=self.enterprise, values={"title": "焊缝检测", **values}, by=self.editor)

    def whole(self) -> Need:
        return self.draft(problem="焊缝气孔漏检率高", fields=[Node.objects.get(code="equipment-fault").pk])

    def published(self) -> Need:
        need = advance(self.whole(), Verb.SUBMIT, by=self.editor)
        return advance(need, Verb.PUBLISH, by=self.staff)


@pytest.fixture
def house() -> House:
    return House()


def test_a_need_goes_from_draft_over_a_return_to_publication(house: House) -> None:
    need = advance(house.whole(), Verb.SUBMIT, by=house.editor)
    need = advance(need, Verb.RETURN, reason="请写明现有漏检率", by=house.staff)
    assert (need.state, need.reason) == (State.RETURNED, "请写明现有漏检率")
    need = save_record(need, {"problem": "漏检率 3%"}, base_revision=need.revision, by=house.editor)
    need = advance(advance(need, Verb.SUBMIT, by=house.editor), Verb.PUBLISH, by=house.staff)
    assert need.state == State.PUBLISHED
    assert need.valid_until == timezone.localdate() + datetime.timedelta(days=365)
    verbs = [activity.verb for activity in history("need", need.pk)]
    assert verbs == ["create", "submit", "return", "edit", "submit", "publish"]
    assert first_broken_link() is None
    assert [message.text for message in Message.objects.all()] == [
        f"您登记的技术需求“焊缝检测”（{need.number}）被退回：请写明现有漏检率",
        f"您登记的技术需求“焊缝检测”（{need.number}）已发布。",
    ]


def test_nothing_unfinished_is_submitted_and_what_is_missing_is_named(house: House) -> None:
    with pytest.raises(QueqiaoError, match="提交前请先填写：技术难题、技术领域。"):
        advance(house.draft(), Verb.SUBMIT, by=house.editor)


def test_a_blind_need_wants_a_title_of_its_own(house: House) -> None:
    need = house.draft(problem="漏检", visibility="blind", fields=[Node.objects.get(code="it").pk])
    with pytest.raises(QueqiaoError, match="匿名标题"):
        advance(need, Verb.SUBMIT, by=house.editor)


def test_a_return_wants_a_reason(house: House) -> None:
    need = advance(house.whole(), Verb.SUBMIT, by=house.editor)
    with pytest.raises(QueqiaoError, match="请写明退回的原因"):
        advance(need, Verb.RETURN, reason="  ", by=house.staff)


@pytest.mark.parametrize("state", list(State))
def test_each_state_allows_each_party_what_the_table_says(house: House, state: State) -> None:
    need = house.published()
    Need.objects.filter(pk=need.pk).update(state=state)
    need.refresh_from_db()

    def allowed(*parties: str) -> list[Verb]:
        return [verb for (at, verb), step in TRANSITIONS.items() if at == state and step.who.value in parties]

    assert possible_steps(need, house.editor) == allowed("owner", "either")
    assert possible_steps(need, house.staff) == allowed("staff", "either")
    assert possible_steps(need, Actor("person:none")) == []


def test_a_step_that_the_table_does_not_have_says_where_the_record_stands(house: House) -> None:
    with pytest.raises(QueqiaoError, match="现在是“已发布”，不能退回"):
        advance(house.published(), Verb.RETURN, reason="x", by=house.staff)


def test_an_owner_does_not_publish(house: House) -> None:
    need = advance(house.whole(), Verb.SUBMIT, by=house.editor)
    with pytest.raises(ForbiddenError):
        advance(need, Verb.PUBLISH, by=house.editor)


def test_what_is_valid_no_longer_expires_and_one_click_brings_it_back(house: House) -> None:
    need = house.published()
    later = timezone.now() + datetime.timedelta(days=366)
    assert (expire_due(now=later), expire_due(now=later)) == (1, 0)
    need.refresh_from_db()
    assert need.state == State.EXPIRED
    need = advance(need, Verb.RECONFIRM, by=house.editor, now=later)
    assert (need.state, need.valid_until) == (State.PUBLISHED, timezone.localdate(later) + datetime.timedelta(days=365))


def test_of_two_editors_the_second_learns_what_the_first_wrote(house: House) -> None:
    need = house.whole()
    save_record(need, {"problem": "气孔漏检率 3%"}, base_revision=1, by=house.editor)
    with pytest.raises(StaleError) as caught:
        save_record(need, {"problem": "夹渣漏检率 2%"}, base_revision=1, by=house.second)
    assert (caught.value.theirs["problem"], caught.value.revision) == ("气孔漏检率 3%", 2)
    need.refresh_from_db()
    assert need.problem == "气孔漏检率 3%"


def test_saving_the_same_again_changes_nothing(house: House) -> None:
    need = house.whole()
    saved = save_record(need, {"problem": need.problem, "title": need.title}, base_revision=1, by=house.editor)
    assert (saved.revision, history("need", need.pk).count()) == (1, 1)


def test_an_owners_change_of_what_is_published_waits_for_the_staff(house: House) -> None:
    need = house.published()
    save_record(need, {"problem": "新的说明"}, base_revision=need.revision, by=house.editor)
    need.refresh_from_db()
    assert need.problem == "焊缝气孔漏检率高"
    copy = proposals(need).get()
    with pytest.raises(ForbiddenError):
        accept_proposal(copy, by=house.editor)
    assert accept_proposal(copy, by=house.staff).problem == "新的说明"
    with pytest.raises(QueqiaoError, match="已由他人处理"):
        accept_proposal(copy, by=house.staff)


def test_what_is_typed_is_kept_for_its_author_alone_until_it_is_saved(house: House) -> None:
    need = house.draft()
    keep_copy(need, {"problem": "写到一半"}, base_revision=1, by=house.editor)
    kept = WorkingCopy.objects.get(record_id=need.pk)
    assert (kept.person_id, kept.values) == (house.editor.person_id, {"typed": {"problem": "写到一半"}})
    save_record(need, {"problem": "写完了"}, base_revision=1, by=house.editor)
    assert WorkingCopy.objects.count() == 0


def test_a_record_is_shown_as_it_was_last_week(house: House) -> None:
    last_week = timezone.now() - datetime.timedelta(days=7)
    need = create_record(
        Need, organisation=house.enterprise, values={"title": "旧标题"}, by=system("test"), now=last_week
    )
    save_record(need, {"title": "新标题"}, base_revision=1, by=house.editor)
    then = state_as_of("need", need.pk, last_week + datetime.timedelta(days=1))
    assert then is not None
    assert then["title"] == "旧标题"


def test_numbers_are_readable_and_count_up(house: House) -> None:
    year = timezone.localdate().year
    assert [house.draft().number, house.draft().number] == [f"XQ-{year}-00001", f"XQ-{year}-00002"]


def test_files_that_nothing_names_are_swept_after_a_day_and_others_stay(house: House, tmp_path, settings) -> None:
    settings.FILES_DIR = tmp_path
    need = house.draft()
    kept = add_attachment(need, io.BytesIO("留下".encode()), "留下.txt", by=house.editor)
    orphan = store(inspect(io.BytesIO("没人要".encode()), "a.txt", limits=FileLimits()), tmp_path)
    now = timezone.now()
    assert [sweep_files(now), sweep_files(now + datetime.timedelta(days=2))] == [0, 1]
    assert [(tmp_path / kept.path).exists(), (tmp_path / orphan).exists()] == [True, False]
