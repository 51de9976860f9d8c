"""Two rows of one organisation or one person become one, and can become two again."""

import json
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.apps import apps
from django.db import models

from queqiao.accounts.actions.merging import after_move, merge_organisations, merge_persons, split
from queqiao.accounts.actors import actor_for, system
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import (
    Affiliation,
    Alias,
    Merge,
    Organisation,
    Person,
    Registration,
    Role,
    ScopeMembership,
    Substitution,
)
from queqiao.accounts.queries import organisation_as_of, resolve_organisation, visible_organisations
from queqiao.accounts.tests.factories import give, make_organisation, make_person, make_scope, make_user
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.models import Activity, DatedFact, ExternalId, Translation
from queqiao.core.queries import first_broken_link

US = system("test")


def pointing_at(row: Organisation | Person) -> dict[str, int]:
    """Count what points at a row in every table of the site, of dated facts those that stand."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and field.related_model is type(row):
                standing = {"superseded_at": None} if issubclass(model, DatedFact) else {}
                count = model._base_manager.filter(**{field.attname: row.pk}, **standing).count()
                if count:
                    found[f"{model.__name__}.{field.name}"] = count
    return found


@pytest.fixture
def twins() -> tuple[Organisation, Organisation]:
    """An institute that was entered twice; the first one has all that an organisation can have."""
    source, target = make_organisation(name="西部材料所", kind="institute"), make_organisation(name="西部材料研究所")
    person = make_person()
    give(person, RoleKind.EDITOR, source)
    Affiliation.objects.create(person=person, organisation=source, recorded_by="system:test")
    scope = make_scope()
    ScopeMembership.objects.create(scope=scope, organisation=source, recorded_by="system:test")
    ScopeMembership.objects.create(scope=scope, organisation=target, recorded_by="system:test")
    make_scope(operator=source)
    make_organisation(name="焊接实验室", parent=source)
    Alias.objects.create(organisation=source, name="材料所")
    Registration.objects.create(organisation=source, scope=scope, applicant=person)
    ExternalId.objects.create(kind="organisation", target_id=source.pk, source="gov", value="77")
    for one, text in ((source, "WIMR"), (target, "West Institute")):
        Translation.objects.create(
            kind="organisation", target_id=one.pk, field="name", language="en", text=text, source_hash=""
        )
    return source, target


@pytest.mark.django_db
def test_after_a_merge_nothing_points_at_the_old_row_and_its_name_lives_on(
    twins: tuple[Organisation, Organisation],
):
    source, target = twins
    merge_organisations(source=source, target=target, by=US)
    assert pointing_at(source) == {}
    assert pointing_at(target) == {
        "Affiliation.organisation": 1,
        "Alias.organisation": 2,
        "Organisation.merged_into": 1,
        "Organisation.parent": 1,
        "Registration.organisation": 1,
        "Role.organisation": 1,
        "Scope.operator": 1,
        "ScopeMembership.organisation": 1,
    }
    source.refresh_from_db()
    assert (source.state, source.merged_into_id, resolve_organisation(source)) == ("merged", target.pk, target)
    assert sorted(target.aliases.values_list("name", flat=True)) == ["材料所", "西部材料所"]
    assert ExternalId.objects.get().target_id == target.pk
    assert sorted(Translation.objects.values_list("target_id", "text")) == sorted(
        [(source.pk, "WIMR"), (target.pk, "West Institute")]
    ), "the target has an English name already"
    assert visible_organisations(actor_for(None)).filter(pk=source.pk).exists(), "its address leads on"


@pytest.mark.django_db
def test_a_split_puts_back_exactly_what_was_moved(twins: tuple[Organisation, Organisation]):
    source, target = twins
    before = (pointing_at(source), pointing_at(target))
    merge = merge_organisations(source=source, target=target, by=US)
    later = make_person()
    give(later, RoleKind.MEMBER, target)  # came after the merge and stays
    split(merge=merge, by=US)
    source.refresh_from_db()
    assert (source.state, source.merged_into) == ("active", None)
    assert (pointing_at(source), pointing_at(target)) == (before[0], before[1] | {"Role.organisation": 1})
    assert ExternalId.objects.get().target_id == source.pk
    with pytest.raises(QueqiaoError, match="已经拆分过"):
        split(merge=merge, by=US)
    assert first_broken_link() is None


@pytest.mark.django_db
def test_a_chain_of_merges_leads_to_the_last_and_is_undone_from_the_end():
    first, second, third = (make_organisation(name=f"第{i}所") for i in "一二三")
    give(make_person(), RoleKind.MEMBER, first)
    one = merge_organisations(source=first, target=second, by=US)
    two = merge_organisations(source=second, target=third, by=US)
    first.refresh_from_db()
    assert resolve_organisation(first) == third
    with pytest.raises(QueqiaoError, match="合并到“第三所”"):
        split(merge=one, by=US)
    split(merge=two, by=US)
    split(merge=one, by=US)
    assert Role.objects.current().get().organisation == first


@pytest.mark.django_db
def test_an_organisation_is_shown_as_it_was_before_the_merge():
    source, target = make_organisation(name="西部材料所"), make_organisation()
    merge_organisations(source=source, target=target, by=US)
    merged = Activity.objects.get(target_id=source.pk)
    assert (merged.verb, merged.changes) == (
        "merge",
        {"state": ["active", "merged"], "merged_into": [None, str(target.pk)]},
    )
    state = organisation_as_of(source.pk, merged.recorded_at)
    assert state == {"state": "merged", "merged_into": str(target.pk)}


@pytest.mark.django_db
def test_a_second_merge_of_the_same_organisation_says_who_was_first():
    source, target, other = make_organisation(name="甲所"), make_organisation(name="乙所"), make_organisation()
    operator = make_organisation(kind="association")
    make_scope(operator=operator)
    person = make_person(name="赵敏")
    give(person, RoleKind.OPERATOR_ADMIN, operator)
    merge_organisations(source=source, target=target, by=actor_for(person))
    with pytest.raises(QueqiaoError, match=r"^“甲所”已由赵敏于 .* 合并到“乙所”，本次未作改动；请刷新后再看。$"):
        merge_organisations(source=source, target=other, by=US)
    assert Merge.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["pending", "refused"])
def test_who_has_not_been_let_in_does_not_become_administrator_by_a_merge(state: str):
    source, target = make_organisation(state=state), make_organisation()
    with pytest.raises(QueqiaoError, match="尚未通过审核"):
        merge_organisations(source=source, target=target, by=US)


@pytest.mark.django_db
def test_an_organisation_is_not_merged_into_itself_or_into_a_part_of_it():
    university = make_organisation(name="大学")
    lab = make_organisation(name="实验室", parent=make_organisation(name="学院", parent=university))
    with pytest.raises(QueqiaoError, match="“实验室”是“大学”的下级"):
        merge_organisations(source=university, target=lab, by=US)
    with pytest.raises(QueqiaoError, match="不能与自己合并"):
        merge_organisations(source=lab, target=lab, by=US)


@pytest.mark.django_db
def test_only_the_operator_around_both_may_merge():
    mine, foreign = make_scope(), make_scope()
    source, target, far = (make_organisation() for _ in range(3))
    for scope, organisation in ((mine, source), (mine, target), (foreign, far)):
        ScopeMembership.objects.create(scope=scope, organisation=organisation, recorded_by="system:test")
    operator, staff = make_person(), make_person()
    give(operator, RoleKind.OPERATOR_ADMIN, mine.operator)
    give(staff, RoleKind.STAFF, mine.operator)
    for by, other in ((staff, target), (operator, far)):
        with pytest.raises(ForbiddenError):
            merge_organisations(source=source, target=other, by=actor_for(by))
    merge_organisations(source=source, target=target, by=actor_for(operator))


@pytest.mark.django_db
def test_the_rooms_above_are_told_of_every_move():
    told = []
    source, target = make_organisation(), make_organisation()
    member = give(make_person(), RoleKind.MEMBER, source)
    after_move.append(lambda one, other, moved: told.append((one, other, moved["accounts.Role.organisation_id"])))
    try:
        split(merge=merge_organisations(source=source, target=target, by=US), by=US)
    finally:
        after_move.pop()
    assert told == [(source.pk, target.pk, [str(member.pk)])] * 2


@pytest.mark.django_db
def test_two_rows_of_one_human_become_one_who_signs_in_with_either_address_and_two_again():
    source, target = make_person(name="王小明"), make_person(name="王晓明")
    user, organisation = make_user(source), make_organisation()
    make_user(target)
    give(source, RoleKind.EDITOR, organisation)
    Substitution.objects.create(person=target, substitute=source, recorded_by="system:test")
    before = (pointing_at(source), pointing_at(target))
    merge = merge_persons(source=source, target=target, by=US)
    user.refresh_from_db()
    assert (user.person, pointing_at(source)) == (target, {})
    assert actor_for(target).has(f"edit:{organisation.pk}")
    assert list(target.aliases.values_list("name", flat=True)) == ["王小明"]
    split(merge=merge, by=US)
    assert (pointing_at(source), pointing_at(target)) == before


@pytest.mark.django_db
def test_nobody_gains_rights_by_merging_people_whom_he_does_not_look_after():
    scope = make_scope()
    operator, mine, root = make_person(), make_person(), make_person()
    give(operator, RoleKind.OPERATOR_ADMIN, scope.operator)
    give(root, RoleKind.SYSTEM_ADMIN)
    far = make_person()
    foreign = make_organisation()
    ScopeMembership.objects.create(scope=make_scope(), organisation=foreign, recorded_by="system:test")
    give(far, RoleKind.ORGANISATION_ADMIN, foreign)
    give(mine, RoleKind.MEMBER, scope.operator)
    for target in (root, far):
        with pytest.raises(ForbiddenError):
            merge_persons(source=target, target=mine, by=actor_for(operator))
        with pytest.raises(ForbiddenError):
            merge_persons(source=mine, target=target, by=actor_for(operator))
    merge_persons(source=mine, target=operator, by=actor_for(operator))


@pytest.mark.django_db
def test_a_merge_does_not_unite_two_of_the_three_site_administrators():
    source, target = make_person(), make_person()
    give(source, RoleKind.SYSTEM_ADMIN)
    give(target, RoleKind.AUDIT_ADMIN)
    with pytest.raises(QueqiaoError, match="不能由同一人担任"):
        merge_persons(source=source, target=target, by=US)


PREPARE = """
import django, json
django.setup()
from queqiao.accounts.tests.factories import *
source, *targets = (make_organisation(name=name) for name in ("甲所", "乙所", "丙所"))
for _ in range(30):
    give(make_person(), RoleKind.MEMBER, source)
print(json.dumps([str(one.pk) for one in (source, *targets)]))
"""
MERGE = """
import django, sys, time
django.setup()
from queqiao.accounts.actions.merging import merge_organisations
from queqiao.accounts.actors import system
from queqiao.accounts.models import Organisation
from queqiao.core.errors import QueqiaoError
source, target = (Organisation.objects.get(pk=pk) for pk in sys.argv[1:3])
print("ready", flush=True)
sys.stdin.readline()
try:
    merge_organisations(source=source, target=target, by=system("test"))
    print("merged into", target.name)
except QueqiaoError as error:
    print("refused:", error)
"""
LOOK = """
import django, json
django.setup()
from queqiao.accounts.models import *
from queqiao.core.queries import first_broken_link
print(json.dumps([
    sorted(set(Role.objects.current().values_list("organisation__name", flat=True))),
    Organisation.objects.filter(state="merged").count(),
    Merge.objects.count(),
    first_broken_link(),
]))
"""


def test_of_two_who_merge_the_same_organisation_at_once_one_succeeds_and_the_other_is_told(
    migrated_site: Mapping[str, str],
):
    def start(script: str, *words: str) -> subprocess.Popen[str]:
        call = [sys.executable, "-c", script, *words]
        return subprocess.Popen(call, env=migrated_site, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    source, one, other = json.loads(start(PREPARE).communicate(timeout=60)[0])
    both = [start(MERGE, source, target) for target in (one, other)]
    for process in both:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(lambda process: process.communicate("go\n", timeout=60)[0].strip(), both))
    winner = said[0].removeprefix("merged into ")
    assert winner in ("乙所", "丙所")
    assert said[1].startswith("refused: “甲所”已由系统于 ")
    assert said[1].endswith(f" 合并到“{winner}”，本次未作改动；请刷新后再看。")
    assert json.loads(start(LOOK).communicate(timeout=60)[0]) == [[winner], 1, 1, None]
