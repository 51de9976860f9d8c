"""The catalogue: lists of one kind, and one record, through the list rule and the faces."""

from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from queqiao.accounts.choices import TokenScope
from queqiao.api.authority import asks_for, caller_of
from queqiao.api.shapes import RecordOut, Summary, record_of, summary_of
from queqiao.core.i18n import lazy
from queqiao.records.choices import State
from queqiao.records.models import concrete_kinds
from queqiao.records.presenting import faces, with_rows
from queqiao.records.queries import is_insider, visible
from queqiao.search.numbers import as_number

PAGE, MOST_PAGES = 24, 40
Kind = Literal["achievement", "need", "expert", "lab"]
router = Router(tags=["records"])


class RecordPage(Schema):
    """A page of a list, the newest first."""

    kind: Kind = Field(description=lazy("类别"))
    page: int = Field(description=lazy("第几页"))
    more: bool = Field(description=lazy("后面还有没有"))
    records: list[Summary] = Field(description=lazy("记录"))


@router.get(
    "/records",
    url_name="api-records",
    response=RecordPage,
    **asks_for(TokenScope.READ_RECORDS),
    summary=lazy("列出一类已发布的记录，新的在前"),
)
def list_records(
    request: HttpRequest,
    kind: Annotated[Kind, Query(description=lazy("类别"))],
    page: Annotated[int, Query(ge=1, le=MOST_PAGES, description=lazy("第几页，每页 24 条，最多 40 页"))] = 1,
) -> dict[str, Any]:
    """List what is published of one kind as the caller may see it."""
    seen: Any = visible(concrete_kinds()[kind], caller_of(request).actor)
    newest = seen.filter(state=State.PUBLISHED).order_by("-published_at", "-pk").values_list("pk", flat=True)
    keys = list(newest[(page - 1) * PAGE : page * PAGE + 1])
    by_key = {face.id: face for face in faces(with_rows(seen.filter(pk__in=keys[:PAGE])))}
    shown = [summary_of(by_key[key]) for key in keys[:PAGE] if key in by_key]
    return {"kind": kind, "page": page, "more": len(keys) > PAGE and page < MOST_PAGES, "records": shown}


@router.get(
    "/records/{number}",
    url_name="api-record",
    response=RecordOut,
    **asks_for(TokenScope.READ_RECORDS),
    summary=lazy("按编号读取一条记录"),
)
def read_record(request: HttpRequest, number: Annotated[str, Path(description=lazy("编号"))]) -> dict[str, Any]:
    """Show one record as the caller may see it; Http404 for one of which he must not know."""
    actor = caller_of(request).actor
    written = as_number(number) or number
    row = with_rows(visible(model_of(written), actor).filter(number=written)).first()
    if row is None:
        raise Http404
    return record_of(faces([row], inside=is_insider(row, actor))[0])


def model_of(number: str) -> Any:
    """Return the kind of record to which a readable number belongs; Http404 for an unknown prefix."""
    prefix = number.partition("-")[0]
    for model in concrete_kinds().values():
        if prefix == model.PREFIX:
            return model
    raise Http404
