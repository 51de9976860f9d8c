"""Who sees what: the list rule against the rule in plain words, for random worlds."""

import datetime
import random
from dataclasses import dataclass, field

import pytest
from django.utils import timezone

from queqiao.accounts.actors import STRANGER, actor_for, system
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Organisation, Person, Scope, ScopeMembership
from queqiao.accounts.tests.factories import give, make_organisation, make_person, make_scope
from queqiao.needs.models import Need
from queqiao.records.actions import create_record, grant, renew_audience
from queqiao.records.choices import State, Visibility
from queqiao.records.models import Audience
from queqiao.records.queries import audience_tokens, visible, visible_whole

ROLES = (
    RoleKind.MEMBER, RoleKind.EDITOR, RoleKind.ORGANISATION_ADMIN, RoleKind.RESEARCHER, RoleKind.STAFF,
    RoleKind.BROKER,
)  # fmt: skip


@dataclass
class World:
    """A city with a district below it and an alliance apart, their members, people with roles, and needs."""

    chance: random.Random
    city: Scope = field(init=False)
    scopes: list[Scope] = field(init=False)
    organisations: list[Organisation] = field(init=False)
    joined: dict[object, set[object]] = field(default_factory=dict)
    roles: dict[object, list[tuple[RoleKind, Organisation]]] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)
    invited: dict[object, set[object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.operators = [make_organisation(name=f"运营方{i}", kind="association") for i in range(3)]
        self.city = make_scope(name="城市", operator=self.operators[0])
        district = make_scope(name="区县", operator=self.operators[1], parent=self.city)
        self.scopes = [self.city, district, make_scope(name="联盟", operator=self.operators[2])]
        self.organisations = [make_organisation(name=f"机构{i}") for i in range(5)]
        for organisation in self.organisations:
            self.joined[organisation.pk] = set()
            for scope in self.scopes:
                if self.chance.random() < 0.5:
                    ScopeMembership.objects.create(scope=scope, organisation=organisation, recorded_by="system:test")
                    self.joined[organisation.pk].add(scope.pk)
        for i in range(12):
            person = make_person(name=f"人员{i}")
            self.people.append(person)
            self.roles[person.pk] = []
            for _ in range(self.chance.randint(0, 2)):
                role = self.chance.choice(ROLES)
                where = self.chance.choice(self.operators if role is RoleKind.STAFF else self.organisations)
                give(person, role, where)
                self.roles[person.pk].append((role, where))
        self.needs = [self.need(i) for i in range(25)]

    def need(self, i: int) -> Need:
        made = create_record(
            Need, organisation=self.chance.choice(self.organisations), values={"title": f"需求{i}"}, by=system("test")
        )
        self.invited[made.pk] = set()
        if self.chance.random() < 0.3:
            party = self.chance.choice([*self.organisations, *self.people])
            grant(made, party, by=system("test"))
            self.invited[made.pk].add(party.pk)
        made.created_by = self.chance.choice([None, *self.people])
        made.state = self.chance.choice(list(State))
        made.visibility = self.chance.choice(list(Visibility))
        made.submitted_at = None if made.state == State.DRAFT else timezone.now()
        made.save()
        renew_audience(made)
        return made

    def sees(self, person: Person | None, need: Need) -> str:
        """Say what a person sees of a need, in plain words: nothing, blind or whole."""
        roles = self.roles[person.pk] if person else []
        mine = {organisation.pk for _role, organisation in roles}
        edits = {o.pk for role, o in roles if role in (RoleKind.EDITOR, RoleKind.ORGANISATION_ADMIN)}
        wrote = person is not None and need.created_by_id == person.pk
        if need.organisation_id in edits or (wrote and (need.organisation_id in mine or self.works_in(roles))):
            return "whole"
        if need.submitted_at and self.works_in(roles) & self.joined[need.organisation_id]:
            return "whole"
        if need.state != State.PUBLISHED:
            return "nothing"
        invited = self.invited[need.pk]
        if need.organisation_id in mine or mine & invited or (person and person.pk in invited):
            return "whole"
        if need.visibility == Visibility.BLIND:
            return "blind"
        open_to = {
            Visibility.PUBLIC: True,
            Visibility.MEMBERS: bool(roles),
            Visibility.SCOPE: bool(self.belongs_to(mine) & self.joined[need.organisation_id]),
            Visibility.INVITED: False,
        }
        return "whole" if open_to[Visibility(need.visibility)] else "nothing"

    def works_in(self, roles: list[tuple[RoleKind, Organisation]]) -> set[object]:
        operated = {s.pk for role, o in roles if role is RoleKind.STAFF for s in self.scopes if s.operator_id == o.pk}
        return operated | ({self.scopes[1].pk} if self.city.pk in operated else set())

    def belongs_to(self, organisations: set[object]) -> set[object]:
        joined = set().union(*(self.joined.get(one, set()) for one in organisations))
        return joined | ({self.city.pk} if self.scopes[1].pk in joined else set())


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(6))
def test_everybody_sees_exactly_what_the_rule_in_words_says(seed: int) -> None:
    world = World(random.Random(seed))  # noqa: S311 -- a test's dice
    for person in [None, *world.people]:
        actor = actor_for(person)
        found = {need.pk: "whole" if need.is_whole else "blind" for need in visible(Need, actor)}
        expected = {need.pk: world.sees(person, need) for need in world.needs}
        assert found == {pk: form for pk, form in expected.items() if form != "nothing"}
        whole = {need.pk for need in visible_whole(Need, actor)}
        assert whole == {pk for pk, form in expected.items() if form == "whole"}


@pytest.mark.django_db
def test_the_stored_audience_is_always_the_one_function() -> None:
    world = World(random.Random(99))  # noqa: S311 -- a test's dice
    for need in world.needs:
        stored = dict(Audience.objects.filter(record_id=need.pk).values_list("token", "whole"))
        assert stored == audience_tokens(Need.objects.get(pk=need.pk))


@pytest.mark.django_db
def test_a_role_counts_only_on_the_days_on_which_it_holds() -> None:
    organisation, person = make_organisation(), make_person()
    role = give(person, RoleKind.EDITOR, organisation)
    role.begins_on, role.ends_on = datetime.date(2026, 3, 1), datetime.date(2026, 3, 31)
    role.save()
    edits = [
        actor_for(person, day=datetime.date(2026, month, day)).has(f"edit:{organisation.pk}")
        for month, day in ((2, 28), (3, 1), (3, 31), (4, 1))
    ]
    assert edits == [False, True, True, False]


@pytest.mark.django_db
def test_who_has_been_erased_is_a_stranger() -> None:
    person = make_person()
    person.erased_at = timezone.now()
    assert actor_for(person) == STRANGER
