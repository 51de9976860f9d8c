"""A small house with one of everything, and a browser for each role: what the walks of all pages share."""

import io
import uuid

from django.test import Client
from django.utils import timezone

from queqiao.accounts.actions.tokens import create_token
from queqiao.accounts.actors import actor_for
from queqiao.accounts.choices import RoleKind, TokenScope
from queqiao.accounts.models import Merge, Organisation, Person, Registration, ScopeMembership
from queqiao.accounts.tests.factories import give, make_organisation, make_person, make_user
from queqiao.core.models import Outbox, Run
from queqiao.hall.actions import add_item, create_theme, show_theme
from queqiao.matching.models import Match
from queqiao.matching.tests.workshop import publish, work
from queqiao.needs.models import Need
from queqiao.records.actions import add_attachment
from queqiao.research.models import Achievement
from queqiao.search.models import SavedSearch
from queqiao.web.tests.workshop import Town, make_town, published

ROLES = (
    "visitor", "stranger", "member", "editor", "organisation_admin", "researcher", "staff", "broker", "operator_admin",
    "system_admin", "security_admin", "audit_admin",
)  # fmt: skip


def furnish() -> tuple[dict[str, Client], dict[str, str]]:
    """Return a browser for each role, and what stands for the names in the addresses of access.csv."""
    town = make_town()
    need = published(town, indicators="结合强度不低于 70 MPa")
    file = add_attachment(need, io.BytesIO("说明".encode()), "说明.txt", by=town.staff.actor)
    person = make_person(name="被看的人")
    give(person, RoleKind.MEMBER, town.enterprise)
    pending = make_organisation(name="申请者", state="pending")
    registration = Registration.objects.create(organisation=pending, scope=town.scope, applicant=make_person())
    run = Run.objects.create(kind="test", arguments={}, requested_by="system:test", created_at=timezone.now())
    merge = Merge.objects.create(
        kind="organisation", source_id=uuid.uuid4(), target_id=uuid.uuid4(), moved={}, merged_by="system:test"
    )
    theme = create_theme(scope=town.scope, values={"title": "耐磨专题"}, by=town.staff.actor)
    add_item(theme=theme, record=need, note="指标写得清楚。", by=town.staff.actor)
    show_theme(theme=theme, by=town.staff.actor)
    match, other = matched(town, need)
    names = {
        "number": need.number,
        "organisation": town.enterprise.number,
        "person": str(person.pk),
        "scope": town.scope.code,
        "registration": str(registration.pk),
        "run": str(run.pk),
        "attachment": str(file.pk),
        "merge": str(merge.pk),
        "theme": theme.number,
        "match": str(match.pk),
        "other_match": str(other.pk),
        "saved_search": str(SavedSearch.objects.create(person=person, name="别人的").pk),
    }
    clients = {"visitor": Client(), "stranger": browser_of()}
    for kind in RoleKind:
        works = kind in (RoleKind.STAFF, RoleKind.OPERATOR_ADMIN, RoleKind.BROKER)
        site = kind.value.endswith(("system_admin", "security_admin", "audit_admin"))
        clients[kind.value] = browser_of(kind, None if site else town.scope.operator if works else town.enterprise)
    return clients, names


def matched(town: Town, need: Need) -> tuple[Match, Match]:
    """Return two candidates of a need as they stand on the workbench, ranked as the site ranks them."""
    owner = make_organisation(name="锦城大学", kind="university")
    ScopeMembership.objects.create(scope=town.scope, organisation=owner, recorded_by="system:test")
    texts = (
        ("涂层结合强度提升工艺", "涂层在冲击下不剥落，结合强度 75 MPa。"),
        ("耐磨涂层材料", "冲击下涂层结合强度 60 MPa。"),
    )
    for title, text in texts:
        publish(Achievement, owner, title=title, description=text)
    Outbox.objects.all().delete()
    work()
    first, second = Match.objects.filter(need=need).order_by("rank")
    return first, second


def browser_of(kind: RoleKind | None = None, organisation: Organisation | None = None) -> Client:
    """Return the browser of a new person in a role, signed in, which shows a token of his as well."""
    person = make_person()
    if kind:
        give(person, kind, organisation)
    user = make_user(person)
    client = Client(headers={"Authorization": f"Bearer {token_of(person)}"})
    client.force_login(user)
    return client


def token_of(person: Person) -> str:
    """Make a person an access token that may be used for everything."""
    made = create_token(person=person, name="测试", scopes=list(TokenScope), second_factor=True, by=actor_for(person))
    return made[1]
