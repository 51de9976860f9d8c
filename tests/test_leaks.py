"""Planted markers: what a reader must not learn stands on no page, in no file, no letter and no log line he gets."""

import io
import logging
import re

import pytest
from django.test import Client
from house import token_of

from queqiao.accounts.actors import STRANGER, actor_for
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Message, ScopeMembership
from queqiao.accounts.tests.factories import give, make_organisation, make_person, make_scope, make_user
from queqiao.hall.actions import add_item, create_theme, show_theme
from queqiao.hall.models import Theme
from queqiao.matching.models import Match
from queqiao.needs.models import Need
from queqiao.records.actions import add_attachment, advance, grant
from queqiao.records.choices import State, Verb, Visibility
from queqiao.records.models import Attachment, CatalogueRecord
from queqiao.records.queries import is_insider, visible, visible_whole
from queqiao.research.models import Achievement, Expert, Lab
from queqiao.web.tests.workshop import draft, make_town, published, submitted

pytestmark = pytest.mark.django_db
PRIVATE = {
    Need: ("title", "problem", "background", "tried", "region_wish", "contact_name", "contact_details"),
    Achievement: ("title", "description", "advantages", "application", "policies", "awards"),
    Expert: ("title", "record", "conflicts"),
    Lab: ("title", "description", "opening", "terms"),
}
# Only of known names: a random token of a form may look like any other marker.
NAMES = {"keywords", "file", "filename", "name", "english"}.union(*PRIVATE.values())
MARKER = re.compile(rf"Z[A-Z]{{2}}\d{{3}}(?:{'|'.join(sorted(NAMES))})Z")
MOST_PAGES = 60
# Of what is not published only the visibility that would open most and the one that names its readers: the list rule
# itself is tested over all of them, next to it.
UNPUBLISHED = (Visibility.PUBLIC, Visibility.INVITED)


def marker(record_key: str, field: str) -> str:
    return f"Z{record_key}{field}Z"


class Field:
    """A town in which every record carries markers of its own, and the browsers of its readers."""

    def __init__(self, folder) -> None:
        self.town = make_town()
        self.town.enterprise.name = marker("OR000", "name")
        self.town.enterprise.contact_mobile = "13912345678"
        self.town.enterprise.save()
        self.records: dict[str, CatalogueRecord] = {}
        self.guest = make_organisation(name="受邀单位")
        number = 0
        for model in PRIVATE:
            for visibility in Visibility:
                for make, state in ((draft, "DR"), (submitted, "SU"), (published, "PU")):
                    if make is not published and visibility not in UNPUBLISHED:
                        continue
                    number += 1
                    self.plant(model, visibility, make, f"{state}{number:03}")
        self.match_all()
        self.theme = self.put_together()

    def put_together(self) -> Theme:
        """Put all that is published into a theme in the hall: a theme opens nothing to anybody."""
        staff = self.town.staff.actor
        made = create_theme(scope=self.town.scope, values={"title": "总汇"}, by=staff)
        for record in self.records.values():
            if record.state == State.PUBLISHED:
                add_item(theme=made, record=record, note="可以看看。", by=staff)
        return show_theme(theme=made, by=staff)

    def match_all(self) -> None:
        """Match every need with every candidate, by words that either side keeps to itself; the note repeats them."""
        asked = {"place": ["description", 0, 20], "name": "指标", "condition": None, "low": 1, "high": None, "unit": ""}
        value = asked | {"comparison": "ge"}
        gap = {"status": "met", "margin": None, "need": value, "offered": value}
        for key, need in self.records.items():
            for candidate in self.records.values():
                if isinstance(need, Need) and not isinstance(candidate, Need):
                    Match.objects.create(
                        need=need,
                        kind=candidate.KIND,
                        candidate_id=candidate.pk,
                        level=4,
                        state="accepted",
                        note=marker(key, "background"),
                        need_revision=need.revision,
                        candidate_revision=candidate.revision,
                        evidence={"gaps": [gap], "terms": [], "agreements": {}},
                    )

    def plant(self, model, visibility, make, key: str) -> None:
        values = {name: marker(key, name) for name in PRIVATE[model]}
        values |= {"visibility": visibility, "blind_title": f"匿名标题 {key}", "keywords": [marker(key, "keywords")]}
        made = make(self.town, model, **values)
        self.records[key] = made
        by = self.town.editor.actor if made.state == State.DRAFT else self.town.staff.actor
        add_attachment(made, io.BytesIO(marker(key, "file").encode()), f"{marker(key, 'filename')}.txt", by=by)
        if visibility == Visibility.INVITED:
            grant(made, self.guest, by=self.town.editor.actor)

    def readers(self):
        """Yield each reader's name, actor and browser."""
        yield "visitor", STRANGER, Client()
        roles = (
            ("nobody", None, None),
            ("member elsewhere", RoleKind.MEMBER, make_organisation(name="别处单位")),
            ("neighbour in the scope", RoleKind.EDITOR, self.neighbour()),
            ("guest", RoleKind.MEMBER, self.guest),
            ("member of the owner", RoleKind.MEMBER, self.town.enterprise),
            ("staff elsewhere", RoleKind.STAFF, make_scope(name="别处").operator),
            ("staff here", RoleKind.STAFF, self.town.scope.operator),
            ("system administrator", RoleKind.SYSTEM_ADMIN, None),
            ("security administrator", RoleKind.SECURITY_ADMIN, None),
        )
        for name, kind, organisation in roles:
            person = make_person(name=name)
            if kind:
                give(person, kind, organisation)
            user = make_user(person)
            client = Client(headers={"Authorization": f"Bearer {token_of(person)}"})
            client.force_login(user)
            yield name, actor_for(person), client

    def neighbour(self):
        made = make_organisation(name="同城单位")
        ScopeMembership.objects.create(scope=self.town.scope, organisation=made, recorded_by="system:test")
        return made

    def allowed(self, actor) -> set[str]:
        """Return the markers that a reader may see, by the list rule."""
        found = {marker("OR000", "name")}  # the organisation itself is listed; on a blind record it must not stand
        for key, record in self.records.items():
            if visible_whole(type(record), actor).filter(pk=record.pk).exists():
                names = {*PRIVATE[type(record)], "keywords", "file", "filename"}
                found |= {
                    marker(key, name) for name in names - (set() if is_insider(record, actor) else {*record.INSIDE})
                }
            elif visible(type(record), actor).filter(pk=record.pk).exists() and "keywords" in record.BLIND:
                found.add(marker(key, "keywords"))
        return found

    def addresses(self) -> list[str]:
        """Return what a curious reader would try: every page of every record and every file, by number."""
        pages = ["", "/edit", "/history", "/sharing", "/english", "/code.svg"]
        found = [f"/records/{record.number}{page}" for record in self.records.values() for page in pages]
        found += [f"/attachments/{pk}" for pk in Attachment.objects.values_list("pk", flat=True)]
        found += [f"/staff/review/{record.number}" for record in self.records.values()]
        found += [f"/staff/bench/{record.number}" for record in self.records.values() if isinstance(record, Need)]
        found += ["/staff/bench", "/my/matches"]
        found += [f"/catalogue/{r.KIND}s?q={marker(key, 'title')}" for key, r in self.records.items()]
        found += [f"/api/v1/records/{record.number}" for record in self.records.values()]
        found += [f"/api/v1/search?kind={r.KIND}&q={marker(key, 'title')}" for key, r in self.records.items()]
        found += [f"/api/v1/records?kind={model.KIND}" for model in PRIVATE]
        needs = [record for record in self.records.values() if isinstance(record, Need)]
        found += [f"/api/v1/matches?need={need.number}&page={n}" for need in needs for n in (1, 2)]
        return [
            "/",
            "/en/",
            "/organisations",
            "/my",
            "/themes",
            f"/themes/{self.theme.number}",
            "/staff/themes",
            *(f"/catalogue/{model.KIND}s" for model in PRIVATE),
            *found,
        ]


@pytest.fixture
def planted(tmp_path, settings) -> Field:
    settings.FILES_DIR = tmp_path
    return Field(tmp_path)


def walk(client: Client, addresses: list[str]) -> dict[str, set[str]]:
    """Open the addresses and every link found on them; return the markers of each page."""
    seen: dict[str, set[str]] = {}
    waiting = list(addresses)
    while waiting and len(seen) < MOST_PAGES + len(addresses):
        address = waiting.pop(0)
        if address in seen:
            continue
        answer = client.get(address)
        body = b"".join(answer) if answer.streaming else answer.content
        text = body.decode("utf-8", "replace") + str(answer.headers)
        # What the reader himself typed into the search box stands there again.
        typed = set(MARKER.findall(address))
        seen[address] = set(MARKER.findall(text)) - typed
        if answer.status_code == 200 and "text/html" in answer.headers.get("Content-Type", ""):
            waiting += [
                link
                for link in re.findall(r'href="(/[^"#]*)"', text)
                if not link.startswith(("/static", "/en", "/zh-hant")) and not link.endswith(".png")
            ]
    return seen


def test_no_reader_finds_a_marker_that_the_list_rule_keeps_from_him(planted: Field, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    for name, actor, client in planted.readers():
        allowed = planted.allowed(actor)
        found = walk(client, planted.addresses())
        leaks = {address: marks - allowed for address, marks in found.items() if marks - allowed}
        assert (name, leaks) == (name, {})
    assert set(MARKER.findall(caplog.text)) == set()


def test_the_owner_finds_every_marker_of_his_own(planted: Field) -> None:
    """The walk can find what it looks for: the same pages show the owner all of it."""
    found = walk(planted.town.editor.client, planted.addresses())
    whole = {marker(key, "title") for key in planted.records} | {marker(key, "file") for key in planted.records}
    assert whole - set().union(*found.values()) == set()


def test_the_owner_finds_every_title_through_the_api_alone(planted: Field) -> None:
    client = Client(headers={"Authorization": f"Bearer {token_of(planted.town.editor.person)}"})
    found = walk(client, [address for address in planted.addresses() if address.startswith("/api/")])
    assert {marker(key, "title") for key in planted.records} - set().union(*found.values()) == set()


@pytest.mark.parametrize("model", list(PRIVATE))
@pytest.mark.parametrize("lead", ["", "/en", "/zh-hant"])
def test_a_blind_record_tells_a_stranger_nothing_of_its_owner(model: type[CatalogueRecord], lead: str) -> None:
    town = make_town()
    town.enterprise.name, town.enterprise.name_en = marker("OR000", "name"), marker("OR000", "english")
    town.enterprise.save()
    values = {name: marker("BL001", name) for name in PRIVATE[model]}
    made = published(town, model, **values, visibility="blind", blind_title="匿名标题")
    for address in (f"{lead}/records/{made.number}", f"{lead}/catalogue/{model.KIND}s"):
        page = Client().get(address).content.decode()
        assert "匿名标题" in page or lead == "/zh-hant"
        assert MARKER.findall(page) == []
        assert town.enterprise.number not in page


def test_letters_go_to_the_records_own_people_only(planted: Field) -> None:
    for record in planted.records.values():
        if record.state == State.PUBLISHED:
            advance(record, Verb.WITHDRAW, by=planted.town.staff.actor, reason="核对")
    owner = planted.town.editor.person
    for message in Message.objects.all():
        assert not MARKER.search(message.text) or message.person_id == owner.pk


def test_contacts_stand_on_no_page_of_a_stranger(planted: Field) -> None:
    found = Client().get(f"/organisations/{planted.town.enterprise.number}").content.decode()
    assert "13912345678" not in found
