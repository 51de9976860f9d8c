"""What the pages of the workbench show around its rows: the need, tabs, counts, names, and what was found by hand."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse

from queqiao.accounts.actors import Actor
from queqiao.core.i18n import _
from queqiao.engine.ranking.documents import Document
from queqiao.matching.choices import CandidateKind, ReasonClass
from queqiao.matching.documents import document_for, with_texts
from queqiao.matching.models import Match
from queqiao.matching.wording import level_name
from queqiao.needs.models import Need
from queqiao.records.labels import KIND_LABELS, LABELS
from queqiao.records.models import CatalogueRecord
from queqiao.records.presenting import faces, with_rows
from queqiao.records.queries import is_insider, visible_whole
from queqiao.search.asking import Question
from queqiao.search.finding import find
from queqiao.web.bench_rows import marked_need
from queqiao.web.filters import day
from queqiao.web.kinds import budget_of

MOST_FOUND = 10


def grade_words() -> dict[int, str]:
    """Return the four steps of how closely a pair is related, as the buttons name them."""
    return {1: _("无关"), 2: _("弱"), 3: _("相关"), 4: _("高度")}


def read_need(number: str, actor: Actor) -> Any:
    """Return the need of a number whole, as the workbench compares it; Http404 where the reader does not see it so."""
    found = with_texts(with_rows(visible_whole(Need, actor).filter(number=number))).first()
    if found is None:
        raise Http404
    return found


def need_context(need: Any, matches: Iterable[Match], actor: Actor) -> dict[str, Any]:
    """Return the left side: the need with the places that its candidates were compared with."""
    face = faces([need], inside=is_insider(need, actor))[0]
    document: Document = document_for(need)
    pieces = marked_need(document, matches, need.revision)
    labels = {"description": _("技术难题与背景"), "indicators": str(LABELS["indicators"])}
    told = (
        (_("预算"), budget_of(face)),
        (LABELS["deadline"], day(face.get("deadline", None))),
        (LABELS["region"], face.get("region") or ""),
        (LABELS["cooperation"], _("、").join(face.get("cooperation", ()))),
        (LABELS["region_wish"], face.get("region_wish")),
        (LABELS["tried"], face.get("tried")),
        (LABELS["keywords"], _("、").join(need.keywords)),
    )
    return {
        "number": need.number,
        "title": need.title,
        "organisation": face.organisation,
        "fields": face.get("fields", ()),
        "blind": face.visibility == "blind",
        "facts": [(str(label), text) for label, text in told if text],
        "texts": [(part, label, pieces[part]) for part, label in labels.items() if part in pieces],
    }


def tabs(counts: Mapping[str, int]) -> list[tuple[str, Any, int]]:
    """Return the kinds of candidates with their names and how many there are."""
    labels = {CandidateKind.ACHIEVEMENT: _("成果"), CandidateKind.EXPERT: _("专家"), CandidateKind.LAB: _("实验室")}
    return [(kind.value, label, counts.get(kind.value, 0)) for kind, label in labels.items()]


def kind_asked(sent: Mapping[str, str], counts: Mapping[str, int]) -> str:
    """Return the kind of candidates that an address asks for: otherwise the first of which there are any."""
    asked = sent.get("kind", "")
    if asked in CandidateKind.values:
        return asked
    return next((kind for kind in CandidateKind.values if counts.get(kind)), CandidateKind.ACHIEVEMENT.value)


def words_of_bench() -> dict[str, Any]:
    """Return the words for grades and reasons."""
    grades = grade_words()
    titles = {value: _("{value} 级：{name}").format(value=value, name=level_name(value)) for value in grades}
    return {
        "grades": list(grades.items()),
        "grade_names": grades,
        "grade_titles": titles,
        "reasons": ReasonClass.choices,
    }


def keys() -> list[tuple[str, str]]:
    """Return the keys of the workbench and what they do."""
    return [
        ("J K", _("下一个、上一个候选")),
        ("A", _("采纳")),
        ("X", _("排除")),
        ("1 2 3 4", _("评关联度")),
        ("U", _("撤销刚才的操作")),
        ("N", _("下一条需求")),
        ("?", _("显示或收起这张表")),
    ]


def found_by_hand(request: HttpRequest, actor: Actor, there: Iterable[uuid.UUID]) -> dict[str, Any]:
    """Return what the search box of the workbench found; candidates in the list already are marked."""
    words = request.GET.get("find", "").strip()[:200]
    if not words:
        return {"words": "", "asked": False, "rows": []}
    answer = find(Question(words, {"kind": tuple(CandidateKind.values)}), actor)
    kept, rows = set(there), []
    for kind in CandidateKind.values:
        some = [row for row in answer.rows if isinstance(row, CatalogueRecord) and kind == row.KIND]
        rows += [
            {
                "kind": kind,
                "kind_label": KIND_LABELS[kind],
                "number": face.number,
                "title": face.title,
                "organisation": face.organisation,
                "url": reverse("record", args=[face.number]),
                "there": face.id in kept,
            }
            for face in faces(some)
        ]
    order = {row.number: place for place, row in enumerate(answer.rows)}
    rows.sort(key=lambda row: order[str(row["number"])])
    return {"words": words, "asked": True, "rows": rows[:MOST_FOUND]}
