"""A city whose staff judge the matches of its needs, for tests."""

from queqiao.accounts.actors import Actor, actor_for
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Person, ScopeMembership
from queqiao.accounts.tests.factories import give, make_organisation, make_person, make_scope, make_user
from queqiao.matching.models import Match, Round
from queqiao.matching.tests.workshop import small_corpus, work
from queqiao.needs.models import Need
from queqiao.research.models import Achievement


class Desk:
    """Three needs of an enterprise in a city, matched with six achievements; two members of staff and one broker."""

    def __init__(self) -> None:
        self.operator = make_organisation(name="天府技术转移中心", kind="association")
        self.scope = make_scope(operator=self.operator)
        self.enterprise = make_organisation(name="川锦压铸")
        self.university = make_organisation(name="锦城大学", kind="university")
        for one in (self.enterprise, self.university):
            ScopeMembership.objects.create(scope=self.scope, organisation=one, recorded_by="system:test")
        self.first = self.person("周敏", RoleKind.STAFF)
        self.second = self.person("许知行", RoleKind.STAFF)
        self.broker = self.person("何以桥", RoleKind.BROKER)
        self.owner = make_person(name="罗工", email="luo@example.org")
        give(self.owner, RoleKind.EDITOR, self.enterprise)
        self.needs, self.offered = small_corpus(self.enterprise, self.university)
        work()
        self.need = self.needs[0]

    def person(self, name: str, kind: RoleKind) -> Person:
        """Make somebody who works for the operator and can sign in."""
        made = make_person(name=name)
        make_user(made)
        give(made, kind, self.operator, self.scope)
        return made

    @property
    def staff(self) -> Actor:
        """One member of the staff."""
        return actor_for(self.first)

    @property
    def colleague(self) -> Actor:
        """The other one."""
        return actor_for(self.second)

    def match(self, offered: Achievement, need: Need | None = None) -> Match:
        """Return the match of an achievement as it is now."""
        return Match.objects.get(need=need or self.need, candidate_id=offered.pk)

    def best(self, place: int = 0) -> Match:
        """Return one of the need's matches, the best first, as it is now."""
        return Match.objects.filter(need=self.need, kind="achievement", listed=True).order_by("rank")[place]

    def round(self) -> Round:
        """Return the newest round of the need as it is now."""
        return Round.objects.filter(need=self.need).order_by("-number")[0]
