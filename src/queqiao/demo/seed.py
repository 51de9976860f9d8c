"""Enters the demo city through the actions: the same city every time, its days counted back from now."""

import datetime
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from queqiao.accounts.actions.merging import merge_organisations
from queqiao.accounts.actions.organisations import create_organisation, create_scope, join_scope
from queqiao.accounts.actions.people import add_affiliation, create_person, give_role, open_account
from queqiao.accounts.actors import Actor, actor_for, system
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Organisation, Person, Scope
from queqiao.core.actions import as_at
from queqiao.core.rights import parse_rights
from queqiao.demo.content import deadline, lines, money, parts, spread, table
from queqiao.hall.actions import add_item, count_view, create_theme, show_theme
from queqiao.needs.models import Need
from queqiao.records.actions import advance, create_record, expire_due, write_translation
from queqiao.records.choices import State, Verb
from queqiao.records.models import CatalogueRecord
from queqiao.records.queries import is_staff_of
from queqiao.research.actions import link_person
from queqiao.research.models import Achievement, Expert, Lab
from queqiao.taxonomy.actions import NodeRow, load_classification, load_own_fields, load_regions
from queqiao.taxonomy.models import Classification, Node, Region
from queqiao.taxonomy.queries import field_rows

DEMO = system("demo")
DAYS = 90  # over so many days back the records are spread
LOGINS_FILE = "demo-logins.txt"
SCOPES = (
    ("city", "云泽市", "Yunze", "city", "yzkx", ""),
    ("zone", "云泽高新区", "Yunze Hi-tech Zone", "zone", "gxqgw", "city"),
    ("alliance", "云泽校企创新联盟", "Yunze University-Enterprise Alliance", "alliance", "yzscl", ""),
)
# key, name, organisation, role, mobile; these are the people whose logins are printed.
PEOPLE = (
    ("operator", "陈牧之", "yzkx", RoleKind.OPERATOR_ADMIN, "13800000001"),
    ("staff", "林若溪", "yzkx", RoleKind.STAFF, "13800000002"),
    ("zone-staff", "何以南", "gxqgw", RoleKind.STAFF, "13800000003"),
    ("enterprise", "苏晚晴", "lanchu", RoleKind.ORGANISATION_ADMIN, "13800000004"),
    ("editor", "高行远", "hengzhuo", RoleKind.EDITOR, "13800000005"),
    ("researcher", "顾清和", "yzu", RoleKind.RESEARCHER, "13800000006"),
    ("member", "唐小禾", "hetian", RoleKind.MEMBER, "13800000007"),
    ("broker", "许知行", "yuanhang", RoleKind.BROKER, "13800000008"),
    ("system", "方正", "", RoleKind.SYSTEM_ADMIN, "13800000009"),
    ("security", "严守一", "", RoleKind.SECURITY_ADMIN, "13800000010"),
    ("audit", "明鉴", "", RoleKind.AUDIT_ADMIN, "13800000011"),
)


@dataclass
class City:
    """What was entered so far, by the keys of the tables."""

    now: datetime.datetime
    organisations: dict[str, Organisation] = field(default_factory=dict)
    scopes: dict[str, Scope] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    experts: dict[str, Expert] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    records: dict[str, CatalogueRecord] = field(default_factory=dict)
    staff: Actor = DEMO
    editors: dict[str, Actor] = field(default_factory=dict)


@transaction.atomic
def seed(*, now: datetime.datetime | None = None) -> City:
    """Enter the whole city; all of it or nothing."""
    city = City(now or timezone.now())
    with as_at(city.now - (DAYS + 1) * datetime.timedelta(days=1)):
        _ground(city)
        _organisations(city)
        _people(city)
    work = [
        *(("lab", row) for row in table("labs_")),
        *(("expert", row) for row in table("experts_")),
        *(("achievement", row) for row in table("achievements_")),
        # What has expired was entered before the rest, while it was still valid.
        *(("need", row) for row in sorted(table("needs_"), key=lambda row: row["fate"] != "expired")),
    ]
    enter = {"lab": _lab, "expert": _expert, "achievement": _achievement, "need": _need}
    for (kind, row), moment in zip(work, spread(len(work), DAYS, city.now), strict=True):
        with as_at(moment):
            enter[kind](city, row, moment)
    with as_at(city.now - datetime.timedelta(hours=2)):
        expire_due(now=city.now - datetime.timedelta(hours=2))
        _merge_one(city)
        _return_one(city)
        _themes(city)
    _visits(city)
    return city


def is_empty() -> bool:
    """Whether nothing was entered into this site yet."""
    return not Organisation.objects.exists()


def keep_logins(city: City, folder: Path) -> Path:
    """Give the people of the demo one password, made up on this machine, and keep it in a file of its owner alone."""
    password = secrets.token_urlsafe(9)
    for person in city.people.values():
        open_account(person=person, password=password, by=DEMO)
    text = "".join(
        f"{mobile}  {password}  {name}（{kind.label}）\n" for _key, name, _organisation, kind, mobile in PEOPLE
    )
    path = folder / LOGINS_FILE
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    return path


def _ground(city: City) -> None:
    load_own_fields()
    load_regions(
        Region(
            code=row["code"],
            name=row["name"],
            name_en=row["name_en"],
            kind=row["kind"],
            parent_id=row["parent"] or None,
        )
        for row in table("regions")
    )
    chain = Classification(code="yunze-chains", version="2026", name="云泽市重点产业链", is_chain=True)
    tops = {row["code"]: row["name"] for row in field_rows() if not row["parent"]}
    links = {(row["chain"], row["field"].partition("-")[0]) for row in table("needs_") if row["chain"]}
    heads = [NodeRow(f"chain-{top}", "", f"{tops[top]}产业链") for top in sorted({top for _name, top in links})]
    load_classification(chain, [*heads, *(NodeRow(name, f"chain-{top}", name) for name, top in sorted(links))])
    city.nodes = {node.code: node for node in Node.objects.all()}


def _organisations(city: City) -> None:
    regions = {region.code: region for region in Region.objects.all()}
    rows = table("organisations")
    for row in rows:
        values: dict[str, Any] = {name: row[name] for name in ("name", "name_en", "short_name", "kind", "size")} | {
            "region": regions[row["region"]],
            "parent": city.organisations[row["parent"]] if row["parent"] else None,
            "listed": "listed" in row["tags"],
            "tags": [tag for tag in parts(row["tags"]) if tag != "listed"],
        }
        city.organisations[row["key"]] = create_organisation(values=values, by=DEMO)
    for code, name, name_en, kind, operator, parent in SCOPES:
        scope: dict[str, Any] = {
            "code": code,
            "name": name,
            "name_en": name_en,
            "kind": kind,
            "operator": city.organisations[operator],
            "parent": city.scopes.get(parent),
        }
        city.scopes[code] = create_scope(values=scope, by=DEMO)
    city.scopes["city"].classifications.add(Classification.objects.get(code="yunze-chains"))
    for row in rows:
        for code in parts(row["scopes"]):
            join_scope(organisation=city.organisations[row["key"]], scope=city.scopes[code], by=DEMO)


def _people(city: City) -> None:
    for key, name, where, kind, mobile in PEOPLE:
        person = create_person(values={"name": name, "mobile": mobile}, by=DEMO)
        organisation = city.organisations.get(where)
        if organisation:
            add_affiliation(person=person, organisation=organisation, by=DEMO)
        give_role(person=person, kind=kind, organisation=organisation, by=DEMO)
        city.people[key] = person
        if kind in (RoleKind.EDITOR, RoleKind.ORGANISATION_ADMIN):
            city.editors[where] = actor_for(person)
    city.staff = actor_for(city.people["operator"])


def _lab(city: City, row: dict[str, str], moment: datetime.datetime) -> None:
    values = {
        "title": row["name"],
        "lab_kind": row["kind"],
        "description": row["description"],
        "equipment": row["equipment"],
        "opening": row["opening"],
        "terms": row["terms"],
    }
    made = _enter(city, Lab, row, values, moment)
    _translate(made, {"title": row["name_en"]})


def _expert(city: City, row: dict[str, str], moment: datetime.datetime) -> None:
    organisation = city.organisations[row["organisation"]]
    person = create_person(
        values={"name": row["name"], "name_en": row["name_en"], "birth_year": int(row["birth_year"])},
        by=DEMO,
        now=moment,
    )
    add_affiliation(person=person, organisation=organisation, title=row["title"], by=DEMO)
    values = {
        "title": row["name"],
        "academic_title": row["title"],
        "record": row["record"],
        "keywords": parts(row["keywords"]),
        "availability": row["availability"],
        "cooperation": parts(row["cooperation"]),
    }
    made = _enter(city, Expert, row, values, moment, person=person)
    _translate(made, {"title": row["name_en"], "record": row["summary_en"]})
    city.experts[row["key"]] = made


def _achievement(city: City, row: dict[str, str], moment: datetime.datetime) -> None:
    low, _high, qualifier = money(row["price"])
    plain = ("title", "result", "description", "advantages", "application", "stage")
    values: dict[str, Any] = {name: row[name] for name in plain} | {
        "indicators": lines(row["indicators"]),
        "trl": int(row["trl"]),
        "ip": [right.stored() for right in parse_rights(row["ip"])],
        "keywords": parts(row["keywords"]),
        "cooperation": parts(row["cooperation"]),
        "team": [city.experts[key].pk for key in parts(row["team"]) if key in city.experts],
        "price": low,
        "price_qualifier": qualifier,
    }
    made = _enter(city, Achievement, row, values, moment)
    _translate(made, {"title": row["title_en"], "result": row["summary_en"]})


def _need(city: City, row: dict[str, str], moment: datetime.datetime) -> None:
    low, high, qualifier = money(row["budget"])
    plain = ("title", "problem", "background", "tried", "visibility", "blind_title")
    values: dict[str, Any] = {name: row[name] for name in plain} | {
        "indicators": lines(row["indicators"]),
        "budget_low": low,
        "budget_high": high,
        "budget_qualifier": qualifier,
        "deadline": deadline(row["deadline"], today=timezone.localdate(city.now)),
        "cooperation": parts(row["cooperation"]),
        "bottleneck": bool(row["bottleneck"]),
        "chain_nodes": [city.nodes[row["chain"]].pk] if row["chain"] else [],
    }
    for _key, name, where, _kind, mobile in PEOPLE:
        if where == row["organisation"]:
            values |= {"contact_name": name, "contact_details": mobile}
    if row["fate"] == "expired":
        values["valid_until"] = timezone.localdate(city.now) - datetime.timedelta(days=2)
    made = _enter(city, Need, row, values, moment, fate=row["fate"])
    _translate(made, {"title": row["title_en"]})


def _enter(
    city: City,
    model: type[Any],
    row: dict[str, str],
    values: dict[str, Any],
    moment: datetime.datetime,
    *,
    fate: str = "published",
    person: Person | None = None,
) -> Any:
    organisation = city.organisations[row["organisation"]]
    values |= {"fields": [city.nodes[row["field"]].pk], "region": organisation.region}
    by = city.editors.get(row["organisation"], DEMO)
    made = create_record(model, organisation=organisation, values=values, by=by, now=moment)
    if person is not None:
        link_person(made, person, by=DEMO)
    minute = datetime.timedelta(minutes=1)
    if fate != "draft":
        made = advance(made, Verb.SUBMIT, by=by, now=moment + minute)
    if fate in ("published", "expired"):
        staff = city.staff if is_staff_of(made, city.staff) else DEMO
        made = advance(made, Verb.PUBLISH, by=staff, now=moment + 2 * minute)
    city.records[row["key"]] = made
    return made


def _translate(made: CatalogueRecord, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        if text:
            write_translation(made, name, text, language="en", by=DEMO)


def _return_one(city: City) -> None:
    """One need was sent back to its author, so that his list of the day is not empty."""
    waiting = Need.objects.filter(state=State.SUBMITTED, created_by=city.people["enterprise"]).first()
    if waiting is not None:
        advance(waiting, Verb.RETURN, by=city.staff, reason="请补充现有水平，并说明样件能否寄送。")


def _merge_one(city: City) -> None:
    """The old parts works turned out to be the company that it was renamed to."""
    merge_organisations(source=city.organisations["yichi-old"], target=city.organisations["yichi"], by=DEMO)


def _themes(city: City) -> None:
    """Staff put two themes into the hall."""
    for row in table("themes"):
        values = {name: row[name] for name in ("title", "title_en", "intro", "intro_en")}
        theme = create_theme(scope=city.scopes[row["scope"]], values=values, by=city.staff)
        for item in [item for item in table("showcase") if item["theme"] == row["key"]]:
            record = city.records[item["record"]]
            add_item(theme=theme, record=record, note=item["note"], note_en=item["note_en"], by=city.staff)
        show_theme(theme=theme, by=city.staff)


def _visits(city: City) -> None:
    """What stands in the themes was looked at in the last days, the first most often."""
    shown = [city.records[item["record"]] for item in table("showcase")]
    viewed = [record for record in shown if isinstance(record, Achievement)]
    for place, record in enumerate(viewed):
        for back in range(2 * (len(viewed) - place)):
            count_view(record, timezone.localdate(city.now) - datetime.timedelta(days=back))
