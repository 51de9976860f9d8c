"""What the API says of a record: of what one reader may see, and no more."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from ninja import Schema
from pydantic import Field

from queqiao.core.i18n import lazy
from queqiao.records.presenting import Face

Value = str | int | bool | list[str] | None
# Told beside the values, or there for the owner's form only.
NOT_VALUES = frozenset({"title", "visibility", "blind_title"})


class Summary(Schema):
    """A record, or an organisation, as lists show it."""

    number: str = Field(description=lazy("编号"))
    kind: str = Field(description=lazy("类别：achievement、need、expert、lab 或 organisation"))
    title: str = Field(description=lazy("名称；匿名发布的记录给出匿名标题"))
    organisation: str = Field(description=lazy("所属机构；匿名发布的记录只说它属于哪一类"))
    whole: bool = Field(description=lazy("是否能看到全文；匿名发布的记录对外人为 false"))
    published_at: datetime.datetime | None = Field(description=lazy("发布时间"))
    url: str = Field(description=lazy("网页地址"))


class RecordOut(Summary):
    """A record with every field that the reader may see."""

    state: str = Field(description=lazy("状态"))
    values: dict[str, Value] = Field(description=lazy("您能看到的各个字段；看不到的字段不出现"))


class Failure(Schema):
    """Why a call failed."""

    error: str = Field(description=lazy("一句话说明"))
    reference: str = Field(description=lazy("日志里的编号，求助时请附上"))


def summary_of(face: Face) -> dict[str, Any]:
    """Return a record as lists show it."""
    return {
        "number": face.number,
        "kind": face.kind,
        "title": face.title,
        "organisation": face.organisation,
        "whole": face.whole,
        "published_at": face.published_at,
        "url": f"{settings.SITE_URL}/records/{face.number}",
    }


def record_of(face: Face) -> dict[str, Any]:
    """Return a record with every field that its reader may see; a field that he may not see is not named."""
    values = {name: plain(value) for name, value in face.values.items() if name not in NOT_VALUES}
    return summary_of(face) | {"state": face.state, "values": values}


def texts_of(values: Mapping[str, Any]) -> dict[str, str]:
    """Return those values of a face that hold words, by field, the lists joined."""
    found = {name: "；".join(value) if isinstance(value, tuple) else value for name, value in values.items()}
    return {name: text for name, text in found.items() if isinstance(text, str) and text and name not in NOT_VALUES}


def plain(value: Any) -> Value:
    """Return a value of a face as JSON has it: amounts and days as text, several as a list."""
    if isinstance(value, tuple):
        return [str(one) for one in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value)
