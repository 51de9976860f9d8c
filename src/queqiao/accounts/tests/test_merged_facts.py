"""What was known before, during and after a merge: dated facts are superseded by it, never overwritten."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from queqiao.accounts.actions.merging import merge_organisations, merge_persons, split
from queqiao.accounts.actions.people import correct_affiliation, end_role
from queqiao.accounts.actors import system
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Affiliation, Merge, Organisation, Person, Role, ScopeMembership, Substitution
from queqiao.accounts.tests.factories import give, make_organisation, make_person, make_scope
from queqiao.core.models import DatedFact

US = system("test")


def moments(*steps: Callable[[], object]) -> list[datetime.datetime]:
    """Return a moment before the first step and one after each."""
    passed = [timezone.now()]
    for step in steps:
        step()
        passed.append(timezone.now())
    return passed


def merge_and_split(source: Any, target: Any, *between: Callable[[], object]) -> list[datetime.datetime]:
    """Merge, do what is asked for, and split again; return a moment before and one after each of these steps."""
    merge = merge_organisations if isinstance(source, Organisation) else merge_persons
    return moments(
        lambda: merge(source=source, target=target, by=US),
        *between,
        lambda: split(merge=Merge.objects.latest("recorded_at"), by=US),
    )


def known(model: type[DatedFact], one: Organisation | Person, at: list[datetime.datetime]) -> list[int]:
    """Count the facts about an organisation or a person as they were known at each of some moments."""
    field = "organisation" if isinstance(one, Organisation) else "person"
    return [model.objects.known_at(moment).filter(**{field: one}).count() for moment in at]


@pytest.mark.django_db
def test_what_was_known_before_a_merge_is_found_under_the_old_organisation_and_after_a_split_again():
    source, target, person = make_organisation(), make_organisation(), make_person()
    give(person, RoleKind.EDITOR, source)
    for model, what in ((Affiliation, {"person": person}), (ScopeMembership, {"scope": make_scope()})):
        model.objects.create(organisation=source, recorded_by="system:test", **what)
    at = merge_and_split(source, target)
    for model in (Affiliation, Role, ScopeMembership):
        assert (known(model, source, at), known(model, target, at)) == ([1, 0, 1], [0, 1, 0]), model
    assert [Affiliation.objects.known_at(moment).get().title for moment in at] == [""] * 3


@pytest.mark.django_db
def test_what_both_had_is_known_of_both_before_a_merge_and_of_the_new_one_only_during_it():
    source, target, person = make_organisation(), make_organisation(), make_person()
    for one in (source, target):
        give(person, RoleKind.EDITOR, one)
    at = merge_and_split(source, target)
    assert (known(Role, source, at), known(Role, target, at)) == ([1, 0, 1], [1, 1, 1])


@pytest.mark.django_db
def test_what_was_known_of_a_person_is_found_under_each_of_his_rows_at_its_time():
    source, target, organisation = make_person(), make_person(), make_organisation()
    give(source, RoleKind.EDITOR, organisation)
    Substitution.objects.create(person=source, substitute=target, recorded_by="system:test")
    at = merge_and_split(source, target)
    for model in (Role, Substitution):
        assert (known(model, source, at), known(model, target, at)) == ([1, 0, 1], [0, 1, 0])
    substitutes = [Substitution.objects.known_at(moment).get().substitute for moment in at]
    assert substitutes == [target] * 3


@pytest.mark.django_db
def test_what_was_ended_or_put_right_during_a_merge_stays_so_after_the_split():
    source, target, person = make_organisation(), make_organisation(), make_person()
    role = give(person, RoleKind.EDITOR, source)
    work = Affiliation.objects.create(person=person, organisation=source, recorded_by="system:test")

    def change() -> None:
        role.refresh_from_db()
        end_role(role=role, by=US)
        work.refresh_from_db()
        correct_affiliation(affiliation=work, values={"title": "所长"}, by=US)

    at = merge_and_split(source, target, change)
    assert (known(Role, source, at), known(Role, target, at)) == ([1, 0, 0, 0], [0, 1, 0, 0])
    assert (known(Affiliation, source, at), known(Affiliation, target, at)) == ([1, 0, 0, 0], [0, 1, 1, 1])
    assert [Affiliation.objects.known_at(moment).get().title for moment in at] == ["", "", "所长", "所长"]


@pytest.mark.django_db
def test_what_was_over_before_a_merge_stays_known_under_the_old_organisation():
    source, target = make_organisation(), make_organisation()
    role = give(make_person(), RoleKind.EDITOR, source)
    given = timezone.now()
    end_role(role=role, by=US)
    merge_organisations(source=source, target=target, by=US)
    assert (known(Role, source, [given, timezone.now()]), known(Role, target, [given, timezone.now()])) == (
        [1, 0],
        [0, 0],
    )


@pytest.mark.django_db
def test_who_has_an_old_page_open_still_ends_a_role_that_two_merges_moved():
    first, second, third = (make_organisation() for _ in range(3))
    person = make_person()
    moved, joined = give(person, RoleKind.MEMBER, first), give(person, RoleKind.EDITOR, first)
    give(person, RoleKind.EDITOR, second)
    merge_organisations(source=first, target=second, by=US)
    merge_organisations(source=second, target=third, by=US)
    assert set(Role.objects.current().values_list("kind", "organisation")) == {
        ("member", third.pk), ("editor", third.pk),
    }  # fmt: skip
    for role in (moved, joined):
        end_role(role=role, by=US)
    assert not Role.objects.current().exists()


@pytest.mark.django_db
def test_merges_of_organisations_and_of_people_are_undone_in_any_order():
    source, target = make_organisation(), make_organisation()
    one, other = make_person(), make_person()
    give(one, RoleKind.EDITOR, source)
    organisations = merge_organisations(source=source, target=target, by=US)
    people = merge_persons(source=one, target=other, by=US)
    at = moments(lambda: split(merge=organisations, by=US), lambda: split(merge=people, by=US))
    assert [(role.person, role.organisation) for role in (Role.objects.known_at(moment).get() for moment in at)] == [
        (other, target),
        (other, source),
        (one, source),
    ]
