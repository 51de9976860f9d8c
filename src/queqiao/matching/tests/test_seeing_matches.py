"""Who sees which match: the list rule against the rule in plain words, for random worlds."""

import random

import pytest

from queqiao.accounts.actors import actor_for, system
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Person
from queqiao.matching.choices import Decision
from queqiao.matching.models import Match
from queqiao.matching.queries import visible_matches
from queqiao.needs.models import Need
from queqiao.records.actions import create_record, grant, renew_audience
from queqiao.records.choices import State, Visibility
from queqiao.records.tests.test_visibility import World
from queqiao.research.models import Achievement


class MatchWorld(World):
    """A world with achievements and matches of its needs."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.offered = {made.pk: made for made in (self.achievement(i) for i in range(15))}
        pairs = [(need, one) for need in self.needs for one in self.offered.values()]
        self.matches = [self.match(*pair) for pair in self.chance.sample(pairs, 120)]

    def achievement(self, i: int) -> Achievement:
        owner = self.chance.choice(self.organisations)
        made = create_record(Achievement, organisation=owner, values={"title": f"成果{i}"}, by=system("test"))
        self.invited[made.pk] = set()
        if self.chance.random() < 0.3:
            party = self.chance.choice([*self.organisations, *self.people])
            grant(made, party, by=system("test"))
            self.invited[made.pk].add(party.pk)
        made.created_by = self.chance.choice([None, *self.people])
        made.state = self.chance.choice([State.PUBLISHED, State.PUBLISHED, State.WITHDRAWN])
        made.visibility = self.chance.choice(list(Visibility))
        made.submitted_at = made.recorded_at
        made.save()
        renew_audience(made)
        return made

    def match(self, need: Need, offered: Achievement) -> Match:
        return Match.objects.create(
            need=need,
            kind="achievement",
            candidate_id=offered.pk,
            level=self.chance.randint(1, 4),
            listed=self.chance.random() < 0.7,
            state=self.chance.choice(list(Decision)),
            broker=self.chance.choice([None, None, *self.people]),
        )

    def owns(self, person: Person, record: Need | Achievement) -> bool:
        roles = self.roles[person.pk]
        edits = {o.pk for role, o in roles if role in (RoleKind.EDITOR, RoleKind.ORGANISATION_ADMIN)}
        wrote = record.created_by_id == person.pk
        belongs = record.organisation_id in {o.pk for _role, o in roles}
        return record.organisation_id in edits or (wrote and (belongs or bool(self.works_in(roles))))

    def shows(self, person: Person | None, match: Match) -> bool:
        """Say in plain words whether a person sees a match."""
        offered = self.offered[match.candidate_id]
        if person is None or "nothing" in (self.sees(person, match.need), self.sees(person, offered)):  # type: ignore[arg-type]
            return False
        works = self.works_in(self.roles[person.pk]) & self.joined[match.need.organisation_id]
        if works or match.broker_id == person.pk:
            return True
        if match.state == Decision.ACCEPTED:
            return self.owns(person, match.need) or self.owns(person, offered)
        fits = match.state == Decision.OPEN and match.listed and (match.level or 0) >= 3
        return fits and self.owns(person, offered)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(4))
def test_everybody_sees_exactly_the_matches_that_the_rule_in_words_says(seed: int) -> None:
    world = MatchWorld(random.Random(seed))  # noqa: S311 -- a test's dice
    told = 0
    for person in [None, *world.people]:
        found = set(visible_matches(actor_for(person)).values_list("pk", flat=True))
        assert found == {match.pk for match in world.matches if world.shows(person, match)}
        told += len(found)
    assert told > 0
