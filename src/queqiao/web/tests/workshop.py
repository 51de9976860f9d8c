"""What the tests of the pages share: people at their browsers, and records as they come to be."""

import datetime
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.utils import timezone

from queqiao.accounts.actors import Actor, actor_for
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Organisation, Person, Scope, ScopeMembership
from queqiao.accounts.tests.factories import give, make_organisation, make_person, make_scope, make_user
from queqiao.needs.models import Need
from queqiao.records.actions import advance, create_record
from queqiao.records.choices import Verb
from queqiao.records.models import CatalogueRecord
from queqiao.taxonomy.models import Classification, Node

WHOLE = {
    "need": {"title": "耐磨涂层结合强度不足", "problem": "涂层在冲击下剥落。"},
    "achievement": {"title": "超音速喷涂工艺", "result": "结合强度 70 MPa", "description": "粉末与参数一并优化。"},
    "expert": {"title": "沈若水", "record": "从事热喷涂研究二十年。"},
    "lab": {"title": "表面工程实验室", "description": "可做喷涂与检测。"},
}


@dataclass
class Somebody:
    """A person with a browser in which he has signed in."""

    person: Person
    client: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        self.client.force_login(make_user(self.person))

    @property
    def actor(self) -> Actor:
        return actor_for(self.person)

    def get(self, address: str, **query: Any) -> Any:
        return self.client.get(address, query)

    def post(self, address: str, **data: Any) -> Any:
        return self.client.post(address, data)


def somebody(name: str, kind: RoleKind | None = None, organisation: Organisation | None = None) -> Somebody:
    person = make_person(name=name)
    if kind:
        give(person, kind, organisation)
    return Somebody(person)


@dataclass
class Town:
    """An enterprise in a scope, its editor, and the staff who look after the scope."""

    scope: Scope
    enterprise: Organisation
    editor: Somebody
    staff: Somebody
    node: Node


def make_town() -> Town:
    scope = make_scope(name="临江市")
    enterprise = make_organisation(name="青峦机械有限公司")
    ScopeMembership.objects.create(scope=scope, organisation=enterprise, recorded_by="system:test")
    own, _created = Classification.objects.get_or_create(code="queqiao", version="1", defaults={"name": "领域"})
    parent, _created = Node.objects.get_or_create(classification=own, code="materials", defaults={"name": "新材料"})
    node, _created = Node.objects.get_or_create(
        classification=own, code="coatings", defaults={"name": "表面涂层", "parent": parent}
    )
    return Town(
        scope,
        enterprise,
        somebody("林知夏", RoleKind.EDITOR, enterprise),
        somebody("周以宁", RoleKind.STAFF, scope.operator),
        node,
    )


def draft(town: Town, model: type[CatalogueRecord] = Need, *, by: Somebody | None = None, **values: Any) -> Any:
    """Begin a draft that lacks nothing."""
    now = values.pop("now", None)
    content = WHOLE[model.KIND] | {"fields": [town.node.pk]} | values
    return create_record(model, organisation=town.enterprise, values=content, by=(by or town.editor).actor, now=now)


def untitled(town: Town) -> Any:
    """Begin a draft as the page does it: nothing is in it yet."""
    return create_record(Need, organisation=town.enterprise, values={}, by=town.editor.actor)


def submitted(town: Town, model: type[CatalogueRecord] = Need, **values: Any) -> Any:
    now = values.get("now")
    return advance(draft(town, model, **values), Verb.SUBMIT, by=town.editor.actor, now=now)


def published(town: Town, model: type[CatalogueRecord] = Need, **values: Any) -> Any:
    now = values.get("now")
    return advance(submitted(town, model, **values), Verb.PUBLISH, by=town.staff.actor, now=now)


def days_ago(n: float) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(days=n)


def as_sent(page: str) -> dict[str, Any]:
    """Return what a browser sends for the largest form of a page as it stands."""
    forms = _Forms()
    forms.feed(page)
    return max(forms.found, key=len)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, Any]] = []
        self._text: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        name = own.get("name")
        if tag == "form":
            self.found.append({})
        if not self.found:
            return
        if tag == "textarea" and name:
            self._text = name
            self._add(name, "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in own:
            self._add(self._select, own.get("value") or "")
        elif tag == "input" and name and own.get("type") not in ("file", "submit"):
            ticks = own.get("type") in ("checkbox", "radio")
            if not ticks or "checked" in own:
                self._add(name, own.get("value") or ("on" if ticks else ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._text:
            kept = self.found[-1][self._text]
            self.found[-1][self._text] = [*kept[:-1], kept[-1].removeprefix("\n")]
            self._text = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._text:
            self.found[-1][self._text][-1] += data

    def _add(self, name: str, value: str) -> None:
        self.found[-1].setdefault(name, []).append(value)
