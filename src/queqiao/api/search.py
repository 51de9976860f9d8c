"""The search of the hall: the same question, the same hits and counts."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field, ValidationInfo, field_validator

from queqiao.accounts.choices import TokenScope
from queqiao.accounts.models import Organisation
from queqiao.api.authority import asks_for, caller_of
from queqiao.api.shapes import Summary, summary_of, texts_of
from queqiao.core.i18n import _, lazy
from queqiao.records.labels import LABELS
from queqiao.records.presenting import Face, faces, name_of
from queqiao.search.asking import Question, Sort
from queqiao.search.entries import ORGANISATION
from queqiao.search.facets import FACETS, MOST_CHOSEN, require_known, understood
from queqiao.search.finding import MOST_PAGES, find
from queqiao.search.remarks import remarks
from queqiao.search.why import Asked, Place, asked_by, places

router = Router(tags=["search"])


def _choice(description: Any) -> Any:
    return Field(default_factory=list, max_length=MOST_CHOSEN, description=description)


class SearchQuery(Schema):
    """What is looked for, and what is chosen beside it; several values of one choice count as any of them."""

    q: str = Field("", description=lazy("要找的词；引号里的原样找，减号后面的不要"))
    kind: list[str] = _choice(lazy("类别：achievement、need、expert、lab 或 organisation"))
    field: list[str] = _choice(lazy("技术领域代码"))
    region: list[str] = _choice(lazy("地区代码"))
    maturity: list[str] = _choice(lazy("成熟度"))
    cooperation: list[str] = _choice(lazy("合作方式"))
    organisation: list[str] = _choice(lazy("机构类别"))
    since: list[str] = _choice(lazy("多少天以内发布"))
    sort: Sort = Field(Sort.RELEVANCE, description=lazy("排序"))
    page: int = Field(1, ge=1, le=MOST_PAGES, description=lazy("第几页"))

    @field_validator("*", mode="before")
    @classmethod
    def without_blanks(cls, value: Any, info: ValidationInfo) -> Any:
        """Take an empty value as not given, as forms send what is not chosen."""
        if isinstance(value, list):
            return [one for one in value if one]
        return cls.model_fields[info.field_name or ""].default if value == "" else value


class Found(Schema):
    """Where in a hit the words stand."""

    field: str = Field(description=lazy("字段"))
    label: str = Field(description=lazy("字段的名称"))
    text: str = Field(description=lazy("找到的文字及其前后"))


class Hit(Summary):
    """One hit, and why it was found beyond its title."""

    found_in: list[Found] = Field(description=lazy("标题之外，要找的词在哪里"))


class Results(Schema):
    """One page of what was found."""

    total: int | None = Field(description=lazy("共有多少条；索引不可用时没有数"))
    page: int = Field(description=lazy("第几页"))
    pages: int = Field(description=lazy("共有几页"))
    how: str = Field(
        description=lazy(
            "怎样找到的：every 每个词都有，forgiven 容错，some 有部分词，browsed 没有给词，titles 只查标题"
        )
    )
    remarks: list[str] = Field(description=lazy("读结果之前该知道的：哪些没有用上，改用了哪些词"))
    counts: dict[str, dict[str, int]] = Field(description=lazy("每种选择各有多少条"))
    hits: list[Hit] = Field(description=lazy("结果"))


@router.get(
    "/search",
    url_name="api-search",
    response=Results,
    **asks_for(TokenScope.SEARCH),
    summary=lazy("搜索成果、需求、专家、实验室和机构"),
)
def search(request: HttpRequest, asked: Query[SearchQuery]) -> dict[str, Any]:
    """Answer a question as the search page does."""
    chosen = {name: getattr(asked, name) for name in FACETS}
    require_known(chosen)
    answer = find(
        Question(asked.q.replace("\x00", " "), understood(chosen), asked.sort, asked.page), caller_of(request).actor
    )
    told = {name: getattr(answer, name) for name in ("total", "page", "pages", "how", "counts")}
    return told | {"remarks": remarks(answer), "hits": _hits(answer.rows, asked_by(answer.wording))}


def _hits(rows: Iterable[Any], asked: Asked) -> list[dict[str, Any]]:
    """Return the hits in their order; the rows of one kind are dressed together."""
    kept = list(rows)
    records = [row for row in kept if not isinstance(row, Organisation)]
    dressed: dict[Any, Face] = {}
    for kind in {row.KIND for row in records}:
        dressed |= {face.id: face for face in faces(row for row in records if kind == row.KIND)}
    return [
        _organisation(row, asked) if isinstance(row, Organisation) else _hit(dressed[row.pk], asked) for row in kept
    ]


def _hit(face: Face, asked: Asked) -> dict[str, Any]:
    where = places(texts_of(face.values), asked, face.title)
    return summary_of(face) | {"found_in": [_found(str(LABELS.get(one.field, one.field)), one) for one in where]}


def _organisation(row: Organisation, asked: Asked) -> dict[str, Any]:
    name = name_of(row)
    where = places({"introduction": row.introduction}, asked, name)
    return {
        "number": row.number,
        "kind": ORGANISATION,
        "title": name,
        "organisation": name,
        "whole": True,
        "published_at": None,
        "url": f"{settings.SITE_URL}/organisations/{row.number}",
        "found_in": [_found(_("简介"), one) for one in where],
    }


def _found(label: str, place: Place) -> dict[str, str]:
    text = "".join(piece for piece, _asked in place.passages)
    before, behind = ("…" if cut else "" for cut in place.cut)
    return {"field": place.field, "label": label, "text": f"{before}{text}{behind}"}
