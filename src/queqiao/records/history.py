"""What happened to a record, in words: its activities with names in place of ids and codes."""

import datetime
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from queqiao.accounts.actors import Actor
from queqiao.accounts.models import Organisation, Person, Scope
from queqiao.core.i18n import _, current_language, lazy
from queqiao.core.models import Activity
from queqiao.core.money import MoneyRange, Qualifier
from queqiao.core.personal import is_mark
from queqiao.core.queries import history, state_after, state_as_of
from queqiao.core.rights import write_rights
from queqiao.records.choices import Cooperation, State, Verb
from queqiao.records.labels import LABELS
from queqiao.records.models import CatalogueRecord, concrete_kinds
from queqiao.records.presenting import name_of, words
from queqiao.taxonomy.models import Node, Region

VERBS: dict[str, Any] = {
    "create": lazy("登记"),
    "edit": lazy("修改"),
    "propose": lazy("提出修改"),
    "accept": lazy("采纳修改"),
    "refuse": lazy("退回修改"),
    "translate": lazy("填写英文"),
    "attach": lazy("添加附件"),
    "detach": lazy("移除附件"),
    "place": lazy("调整所在范围"),
    "grant": lazy("邀请查看"),
    "revoke": lazy("收回邀请"),
    "hand_over": lazy("转交待办"),
    "take_back": lazy("收回转交的待办"),
    "take_over": lazy("从其他系统接收"),
    "move": lazy("随机构合并转移"),
    "erase": lazy("注销"),
    "link": lazy("关联本人"),
} | {verb.value: verb.label for verb in Verb}
WRITES_CONTENT = ("create", "edit", "accept")  # each of these is one revision of the text
QUALIFIERS = {Qualifier.EXACT: lazy("确切"), Qualifier.ABOUT: lazy("大约"), Qualifier.OVER: lazy("以上")}
AMOUNTS, EXACTNESS = ("price", "budget_low", "budget_high"), ("price_qualifier", "budget_qualifier")
NODES, PARTIES = ("fields", "chain_nodes"), ("person", "granted", "proposal_of", "organisation", "scopes", "handed_to")
LONGEST = 600


@dataclass(frozen=True, slots=True)
class Entry:
    """One activity as it is told: when, by whom, what, and each changed field as (label, before, after)."""

    when: datetime.datetime
    who: str
    what: str
    changes: tuple[tuple[str, str, str], ...]


class Wording:
    """Puts logged values into words; all names it needs are read at once, with a number of queries that is fixed."""

    def __init__(self, model: type[CatalogueRecord], states: Iterable[Mapping[str, Any]]):
        self._model = model
        seen: dict[str, set[str]] = {}
        for state in states:
            for name, value in state.items():
                values = value if isinstance(value, list) else [value]
                seen.setdefault(name, set()).update(str(one) for one in values if one)
        nodes = Node.objects.filter(code__in=set().union(*(seen.get(name, set()) for name in NODES)))
        regions = Region.objects.filter(code__in=seen.get("region", set()))
        ids = [one for name in PARTIES for one in seen.get(name, set()) if _is_id(one)]
        self._nodes = {node.code: name_of(node) for node in nodes}
        self._regions = {region.code: name_of(region) for region in regions}
        self._parties: dict[str, str] = {}
        for table in (Organisation, Person, Scope):
            self._parties |= {str(row.pk): name_of(row) for row in table.objects.filter(pk__in=ids)}
        team = concrete_kinds()["expert"]._default_manager.filter(number__in=seen.get("team", set()))
        self._team = {row.number: row.title for row in team}

    def label(self, name: str) -> str:
        """Return what a field is called; that of another language says so."""
        field, _dot, language = name.partition(".")
        label = str(LABELS.get(field, field))
        return _("{label}（英文）").format(label=label) if language else label

    def say(self, name: str, value: Any) -> str:
        """Return a logged value in words, "" for nothing."""
        if value in (None, "", [], False):
            return ""
        if is_mark(value):
            return _("已填写，日志不留原文")
        if name == "ip":
            return _("；").join(write_rights(value))
        if isinstance(value, list):
            return _("、").join(self._word(name, str(one)) for one in value)
        return _("是") if value is True else self._word(name, str(value))

    def pair(self, name: str, before: Any, after: Any) -> tuple[str, str]:
        """Return what a field said before and after in words; of a personal one only that it changed."""
        if is_mark(before) or is_mark(after):
            was = _("已填写") if before else ""
            return was, was if before == after else _("已填写") if not before else _("已更改") if after else _("已清除")
        return self.say(name, before), self.say(name, after)

    def _word(self, name: str, value: str) -> str:
        if name in AMOUNTS:
            amount = Decimal(value)
            return f"{amount:,.2f}" if current_language() == "en" else str(MoneyRange(amount, amount))
        if name in NODES:
            return self._nodes.get(value, value)
        if name in PARTIES:
            return self._parties.get(value, value)
        if name in ("cooperation", "state"):
            return words([value], Cooperation.choices if name == "cooperation" else State.choices)[0]
        own: Any = {"region": self._regions, "team": self._team}.get(name)
        if name in EXACTNESS:
            own = QUALIFIERS
        if own is None and name in self._model.CONTENT:
            own = dict(getattr(self._model._meta.get_field(name), "choices", None) or ())
        return str((own or {}).get(value, value))


def entries_of(record: CatalogueRecord) -> list[Entry]:
    """Return what happened to a record, the newest first."""
    activities = list(history(record.KIND, record.pk))
    states = [{name: value[side] for name, value in one.changes.items()} for one in activities for side in (0, 1)]
    wording = Wording(type(record), states)
    people = {one.actor.removeprefix("person:") for one in activities if one.actor.startswith("person:")}
    names = {str(row.pk): row.name for row in Person.objects.filter(pk__in=people)}
    return [_entry(one, wording, names) for one in reversed(activities)]


def facts_as_of(record: CatalogueRecord, moment: datetime.datetime) -> list[tuple[str, str]] | None:
    """Return label and text of every field as it was known at a moment, None where the record was not there yet."""
    state = state_as_of(record.KIND, record.pk, moment)
    if state is None:
        return None
    wording = Wording(type(record), [state])
    shown = [(wording.label(name), wording.say(name, state.get(name))) for name in ("state", *record.CONTENT)]
    return [(label, text) for label, text in shown if text]


def content_at_revision(record: CatalogueRecord, revision: int) -> dict[str, Any] | None:
    """Return the fields of a record as they were at one of its revisions, None where the log does not know it."""
    writes = list(history(record.KIND, record.pk).filter(verb__in=WRITES_CONTENT))
    if not 0 < revision <= len(writes):
        return None
    return state_after(record.KIND, record.pk, writes[revision - 1])


def only_by(record: CatalogueRecord, revision: int, actor: Actor) -> bool:
    """Whether what was written since a revision was written by the actor himself, in another window of his."""
    writers = history(record.KIND, record.pk).filter(verb__in=WRITES_CONTENT).values_list("actor", flat=True)
    return set(writers[revision:]) == {actor.name}


def _entry(activity: Activity, wording: Wording, names: Mapping[str, str]) -> Entry:
    who = names.get(activity.actor.removeprefix("person:"), "") if activity.actor.startswith("person:") else _("系统")
    changes = []
    for name, (before, after) in activity.changes.items():
        was, now = wording.pair(name, before, after)
        told = ("" if is_mark(before) else _cut(was), _cut(now))
        if name != "sha256" and any(told):
            changes.append((wording.label(name), *told))
    what = str(VERBS.get(activity.verb, _("其他操作")))
    return Entry(activity.recorded_at, who, what, tuple(changes))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
