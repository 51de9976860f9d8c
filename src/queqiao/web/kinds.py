"""The catalogue's kinds as the pages name them: addresses in the plural, words, and what a card shows."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from queqiao.core.i18n import lazy
from queqiao.needs.models import Need
from queqiao.records.models import CatalogueRecord
from queqiao.records.presenting import Face
from queqiao.research.models import Achievement, Expert, Lab
from queqiao.web.filters import amount, amounts, day

NEW_FOR = datetime.timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record as it stands in addresses and navigation; ``unit`` counts it in Chinese."""

    plural: str
    model: type[CatalogueRecord]
    label: Any
    add_label: Any


KINDS = {
    kind.plural: kind
    for kind in (
        Kind("achievements", Achievement, lazy("科技成果"), lazy("登记成果")),
        Kind("needs", Need, lazy("技术需求"), lazy("发布需求")),
        Kind("experts", Expert, lazy("专家"), lazy("登记专家")),
        Kind("labs", Lab, lazy("实验室"), lazy("登记实验室")),
    )
}
BY_PREFIX = {kind.model.PREFIX: kind for kind in KINDS.values()}


def kind_of(plural: str) -> Kind:
    """Return a kind by its name in addresses; Http404 for an unknown one."""
    try:
        return KINDS[plural]
    except KeyError:
        raise Http404 from None


def kind_of_number(number: str) -> Kind:
    """Return the kind to which a readable number belongs; Http404 for an unknown prefix."""
    try:
        return BY_PREFIX[number.partition("-")[0]]
    except KeyError:
        raise Http404 from None


def price_of(face: Face) -> str:
    """Write what an achievement costs."""
    return amount(face.get("price", None), face.get("price_qualifier", "exact"), face.get("price_currency", "CNY"))


def budget_of(face: Face) -> str:
    """Write what a need's owner would spend; "" where the reader does not see it."""
    if "budget_low" not in face.values:
        return ""
    low, high = face.values["budget_low"], face.values["budget_high"]
    if low is None and high is None:
        return ""
    return amounts(low, high, face.get("budget_qualifier", "exact"), face.get("budget_currency", "CNY"))


def card(face: Face, url: str) -> dict[str, Any]:
    """Return what the card macros show of a record."""
    said = next((name for name in ("result", "problem", "record", "description") if face.get(name)), "indicators")
    fields = face.get("fields", ())
    indicators = [part for part in face.get("indicators", "").replace("\n", "；").split("；") if part.strip()]
    return {
        "url": url,
        "kind": face.kind,
        "number": face.number,
        "title": face.title,
        "summary": "；".join(indicators) if said == "indicators" else face.get(said),
        "chinese_only": not face.untranslated.isdisjoint(("title", said)),
        "field": fields[0] if fields else "",
        "organisation": face.organisation,
        "maturity": face.get("trl", None),
        "cooperation": list(face.get("cooperation", ())),
        "price": price_of(face) if face.kind == "achievement" and face.whole else "",
        "budget": budget_of(face) if face.kind == "need" else "",
        "deadline": day(face.get("deadline", None)),
        "indicator_count": len(indicators),
        "region": face.get("region") or "",
        "academic_title": face.get("academic_title"),
        "lab_kind": face.get("lab_kind"),
        "is_new": False,
    }


def cards_of(shown: list[Face]) -> list[dict[str, Any]]:
    """Return what the card macros show of each record, with the mark of what is new."""
    fresh = timezone.now() - NEW_FOR
    return [
        card(face, reverse("record", args=[face.number]))
        | {"is_new": bool(face.published_at and face.published_at > fresh)}
        for face in shown
    ]
