"""The activity log as an auditor reads it: in words, addresses masked, without a way to change it."""

import datetime
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from queqiao.accounts.channels import mask_mobile
from queqiao.accounts.models import Organisation, Person, Registration, Scope, User
from queqiao.accounts.overview import names_of_actors
from queqiao.core.i18n import _, lazy
from queqiao.core.models import Activity
from queqiao.core.personal import is_mark
from queqiao.records.history import VERBS, Wording
from queqiao.records.labels import KIND_LABELS, LABELS
from queqiao.records.models import concrete_kinds

LONGEST = 200
# Rooms above say in which table and field the names of their kinds stand.
named_above: dict[str, tuple[Any, str]] = {}
TARGETS: dict[str, Any] = KIND_LABELS | {
    "organisation": lazy("机构"),
    "person": lazy("人员"),
    "scope": lazy("范围"),
    "invitation": lazy("邀请"),
    "registration": lazy("机构申请"),
    "user": lazy("账号"),
    "message": lazy("消息"),
    "run": lazy("后台任务"),
    "network": lazy("网络"),
    "theme": lazy("专题"),
}
LOG_VERBS: dict[str, Any] = VERBS | {
    "alias": lazy("添加名称"),
    "join": lazy("加入范围"),
    "leave": lazy("退出范围"),
    "reveal": lazy("查看联系方式"),
    "logo": lazy("更换标志"),
    "merge": lazy("合并"),
    "split": lazy("撤销合并"),
    "affiliate": lazy("添加任职"),
    "correct": lazy("更正任职"),
    "give_role": lazy("授予角色"),
    "end_role": lazy("结束角色"),
    "substitute": lazy("设置代理"),
    "end_substitute": lazy("取消代理"),
    "archive": lazy("归档"),
    "restore": lazy("恢复"),
    "invite": lazy("邀请"),
    "register": lazy("申请加入"),
    "approved": lazy("通过申请"),
    "refused": lazy("不予通过"),
    "decide": lazy("审核决定"),
    "end_session": lazy("强制下线"),
    "close": lazy("停用账号"),
    "open": lazy("恢复账号"),
    "sign_in_failed": lazy("登录失败"),
    "new_password": lazy("修改密码"),
    "create_token": lazy("生成访问令牌"),
    "revoke_token": lazy("撤销访问令牌"),
    "second_factor_on": lazy("开启两步验证"),
    "second_factor_off": lazy("重置两步验证"),
    "retry": lazy("重发消息"),
    "rerun": lazy("重新运行"),
    "cancel": lazy("取消任务"),
    "show": lazy("上线"),
    "cover": lazy("更换封面"),
    "reorder": lazy("调整顺序"),
    "add_item": lazy("加入专题"),
    "note_item": lazy("修改推荐语"),
    "remove_item": lazy("移出专题"),
}
_FIELDS: dict[str, Any] = {
    "name": lazy("名称"),
    "role": lazy("角色"),
    "scope": lazy("范围"),
    "address": lazy("地址"),
    "merged_into": lazy("合并到"),
    "merged_from": lazy("并入"),
    "alias": lazy("名称"),
    "network": lazy("网络地址"),
    "active": lazy("可登录"),
    "handed_to": lazy("转交给"),
    "way": lazy("登录方式"),
    "throttled": lazy("因尝试过多被拦下"),
    "token": lazy("访问令牌"),
    "token_scopes": lazy("令牌用途"),
    "expires_at": lazy("有效期至"),
    "title_en": lazy("英文名称"),
    "intro": lazy("导语"),
    "intro_en": lazy("英文导语"),
    "begins_on": lazy("从"),
    "ends_on": lazy("到"),
    "cover": lazy("封面"),
    "shown": lazy("上线"),
    "item": lazy("记录"),
    "note": lazy("推荐语"),
    "note_en": lazy("英文推荐语"),
    "up": lazy("上移"),
}
_WORDS: dict[str, dict[str, Any]] = {
    "way": {
        "password": lazy("密码"),
        "code": lazy("验证码"),
        "second_factor": lazy("动态码"),
        "token": lazy("访问令牌"),
    }
}
_MOBILE = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])")
_EMAIL = re.compile(r"\b([A-Za-z0-9][\w.+-]?)[\w.+-]*@([\w-]+\.[\w.-]+)")


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which part of the log is wanted; empty values do not narrow it. Both days are included."""

    person: str = ""
    kind: str = ""
    verb: str = ""
    begins: datetime.datetime | None = None
    ends: datetime.datetime | None = None


@dataclass(frozen=True, slots=True)
class LogRow:
    """One activity in words; each change is (field, before, after)."""

    id: int
    when: datetime.datetime
    who: str
    what: str
    kind: str
    target: str
    changes: tuple[tuple[str, str, str], ...]


def log_page(wanted: LogFilter, *, before: int | None, size: int) -> tuple[list[LogRow], int | None]:
    """Return a page of the log, the newest first, and the id to go on from, None where nothing older is there.

    Pages follow each other by id: no row is counted, however long the log is.
    """
    rows = _narrowed(Activity.objects.order_by("-id"), wanted)
    found = list((rows.filter(pk__lt=before) if before else rows)[: size + 1])
    shown = found[:size]
    return _in_words(shown), shown[-1].pk if len(found) > size else None


def mask_text(text: str) -> str:
    """Return a text with the mobile numbers and e-mail addresses in it masked."""
    text = _MOBILE.sub(lambda found: mask_mobile(found[0]), text)
    return _EMAIL.sub(lambda found: f"{found[1]}***@{found[2]}", text)


def _narrowed(rows: QuerySet[Activity], wanted: LogFilter) -> QuerySet[Activity]:
    if wanted.person:
        ids = Person.objects.filter(name=wanted.person).values_list("pk", flat=True)
        # What was done on somebody and on his accounts is his, too: of a failed sign-in nobody knows the actor.
        accounts = User.objects.filter(person__in=ids).values_list("pk", flat=True)
        touched = Q(target_kind__in=("person", "user"), target_id__in=[*ids, *accounts])
        rows = rows.filter(Q(actor__in=[f"person:{pk}" for pk in ids]) | touched)
    if wanted.kind:
        rows = rows.filter(target_kind=wanted.kind)
    if wanted.verb:
        rows = rows.filter(verb=wanted.verb)
    if wanted.begins:
        rows = rows.filter(recorded_at__gte=wanted.begins)
    return rows.filter(recorded_at__lte=wanted.ends) if wanted.ends else rows


def _in_words(rows: Sequence[Activity]) -> list[LogRow]:
    names = names_of_actors(row.actor for row in rows)
    targets = _targets(rows)
    models = concrete_kinds()
    wordings = {
        kind: Wording(models[kind], _states(row for row in rows if row.target_kind == kind))
        for kind in sorted({row.target_kind for row in rows} & set(models))
    }
    return [
        LogRow(
            id=row.pk,
            when=row.recorded_at,
            who=names[row.actor],
            what=str(LOG_VERBS.get(row.verb, row.verb)),
            kind=str(TARGETS.get(row.target_kind, row.target_kind)),
            target=targets.get(row.target_id, ""),
            changes=_changes(row, wordings.get(row.target_kind)),
        )
        for row in rows
    ]


def _states(rows: Iterable[Activity]) -> list[dict[str, Any]]:
    return [{name: pair[side] for name, pair in row.changes.items()} for row in rows for side in (0, 1)]


def _changes(row: Activity, wording: Wording | None) -> tuple[tuple[str, str, str], ...]:
    told = []
    for name, (before, after) in row.changes.items():
        label = (
            wording.label(name) if wording and name not in _FIELDS else str(_FIELDS.get(name, LABELS.get(name, name)))
        )
        texts = [
            _("{mark}（记号，不留原文）").format(mark=one)
            if is_mark(one)
            else wording.say(name, one)
            if wording
            else _plain(name, one)
            for one in (before, after)
        ]
        if any(texts):
            told.append((label, _short(texts[0]), _short(texts[1])))
    return tuple(told)


def _plain(name: str, value: Any) -> str:
    if name in _WORDS:
        return str(_WORDS[name].get(value, value or ""))
    if value in (None, "", [], False):
        return ""
    if value is True:
        return _("是")
    return _("、").join(map(str, value)) if isinstance(value, list) else str(value)


def _short(text: str) -> str:
    masked = mask_text(text)
    return masked if len(masked) <= LONGEST else masked[:LONGEST] + "…"


def _targets(rows: Sequence[Activity]) -> dict[uuid.UUID, str]:
    """Return what the touched records are called: one query for each kind that is there."""
    ids: dict[str, set[uuid.UUID]] = {}
    for row in rows:
        ids.setdefault(row.target_kind, set()).add(row.target_id)
    names: dict[uuid.UUID, str] = {}
    for kind, model in concrete_kinds().items():
        if kind in ids:
            found = model._default_manager.filter(pk__in=ids[kind]).values_list("pk", "number", "title")
            names |= {pk: f"{number} {title}" for pk, number, title in found}
    tables = named_above | {
        "organisation": (Organisation, "name"),
        "person": (Person, "name"),
        "scope": (Scope, "name"),
        "user": (User, "person__name"),
        "registration": (Registration, "organisation__name"),
    }
    for kind, (table, field) in tables.items():
        if kind in ids:
            names |= dict(table.objects.filter(pk__in=ids[kind]).values_list("pk", field))
    return names
