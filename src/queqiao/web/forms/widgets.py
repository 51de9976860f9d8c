"""How amounts, word lists and nested choices are typed and read."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from queqiao.core.i18n import _
from queqiao.core.money import MoneyRange, OrderError, parse_money_range
from queqiao.core.rights import StumpError, parse_rights
from queqiao.records.presenting import name_of
from queqiao.taxonomy.models import Node, Region, RegionKind

MOST_KEYWORDS, MOST_RIGHTS = 10, 30
_SEPARATORS = re.compile(r"[、，,；;\n]+")
# Below this many regions all are offered; above, the counties of other cities are left out.
MOST_REGIONS = 500


class WordsField(forms.CharField):
    """A line of words separated by 、，； or commas; cleans to a list without doubles."""

    def to_python(self, value: Any) -> Any:
        """Return the words in the order in which they were typed."""
        words = [word.strip() for word in _SEPARATORS.split(value or "")]
        return list(dict.fromkeys(word for word in words if word))

    def validate(self, value: Any) -> None:
        """Refuse too many words and words that are sentences."""
        if len(value) > MOST_KEYWORDS:
            raise forms.ValidationError(_("关键词最多 {n} 个。").format(n=MOST_KEYWORDS))
        long = next((word for word in value if len(word) > 40), None)
        if long:
            raise forms.ValidationError(_("“{word}”太长，每个关键词最多 40 个字。").format(word=long[:12] + "…"))

    def run_validators(self, value: Any) -> None:
        """Leave out the checks of a text: a list has none."""


class AmountField(forms.CharField):
    """An amount or a range as people write it; cleans to a MoneyRange, or None where it is open."""

    def __init__(self, *, one: bool, **kwargs: Any):
        super().__init__(**kwargs)
        self.one = one

    def clean(self, value: Any) -> MoneyRange | None:
        """Read the amount, or say how it is written."""
        text = str(super().clean(value) or "")
        try:
            found = parse_money_range(text)
        except OrderError:
            raise forms.ValidationError(
                _("“{text}”的前后顺序反了，请把较小的金额写在前面。").format(text=text[:30])
            ) from None
        except ValueError:
            found = MoneyRange(-1, None)  # type: ignore[arg-type]  # stands for unreadable until the next line
        if found is not None and (found.low < 0 or (self.one and found.high not in (None, found.low))):
            example = _("“80万元”“约80万元”或“面议”") if self.one else _("“100万~200万元”“约80万元”或“面议”")
            raise forms.ValidationError(
                _("看不懂“{text}”这个金额，请写成{example}。").format(text=text[:30], example=example)
            )
        if found is not None and max(found.low, found.high or 0) >= 10**13:
            raise forms.ValidationError(_("金额过大，请检查单位。"))
        return found


class RightsField(forms.CharField):
    """Intellectual property, one right to a line; cleans to what ``core.rights`` keeps."""

    def clean(self, value: Any) -> list[dict[str, Any]]:
        """Read the rights, or name the part that cannot be read."""
        try:
            found = parse_rights(str(super().clean(value) or ""))
        except StumpError as error:
            raise forms.ValidationError(
                _("“{part}”里的号码太短，请写完整的专利号或申请号，如 ZL202310123456.7；没有号码时写件数。").format(
                    part=str(error)[:40]
                )
            ) from None
        except ValueError as error:
            raise forms.ValidationError(
                _("看不懂“{part}”，请写明种类、号码或件数、状态，如：发明专利 ZL202310123456.7（已授权）。").format(
                    part=str(error)[:40]
                )
            ) from None
        if len(found) > MOST_RIGHTS:
            raise forms.ValidationError(_("知识产权最多写 {n} 项，同类的可以合写件数。").format(n=MOST_RIGHTS))
        return [right.stored() for right in found]


class GroupedChoices(forms.TypedMultipleChoiceField):
    """Boxes to tick, in groups with a title; ``most`` may be ticked."""

    def __init__(self, *, most: int | None = None, **kwargs: Any):
        super().__init__(widget=forms.CheckboxSelectMultiple, **kwargs)
        self.most = most

    def clean(self, value: Any) -> Any:
        """Return the ticked values, or say that there are too many."""
        chosen = super().clean(value)
        if self.most and len(chosen) > self.most:
            raise forms.ValidationError(
                _("最多选 {n} 项，现在选了 {chosen} 项。").format(n=self.most, chosen=len(chosen))
            )
        return chosen


def node_choices(nodes: Iterable[Node]) -> list[tuple[str, list[tuple[int, str]]]]:
    """Return nodes in two levels: each node without a parent is a group, and its own first choice."""
    groups: dict[int, tuple[str, list[tuple[int, str]]]] = {}
    for node in nodes:
        name = name_of(node)
        if node.parent_id is None:
            groups[node.pk] = (name, [(node.pk, _("{name}（不细分）").format(name=name))])
        elif node.parent_id in groups:
            groups[node.parent_id][1].append((node.pk, name))
        else:
            groups[node.pk] = (name, [(node.pk, name)])
    return list(groups.values())


def region_choices(around: Sequence[str | None]) -> list[tuple[str, Any]]:
    """Return regions for a select, by province; counties only of the cities in which one of ``around`` lies."""
    rows = list(Region.objects.exclude(kind=RegionKind.COUNTRY).values("code", "name", "name_en", "kind", "parent_id"))
    if len(rows) > MOST_REGIONS:
        parents = {row["code"]: row["parent_id"] for row in rows}
        near = {code for code in around if code} | {parents.get(code) for code in around if code}
        wide = (RegionKind.PROVINCE, RegionKind.CITY, RegionKind.ZONE)
        rows = [row for row in rows if row["kind"] in wide or row["parent_id"] in near or row["code"] in near]
    by_code = {row["code"]: row for row in rows}
    grouped: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        top, depth = row, 0
        while top["parent_id"] in by_code and depth < 5:
            top, depth = by_code[top["parent_id"]], depth + 1
        grouped.setdefault(name_of(_Named(top)), []).append((row["code"], name_of(_Named(row))))
    return [("", _("未选择")), *grouped.items()]


class _Named:
    def __init__(self, row: Any):
        self.name, self.name_en = row["name"], row["name_en"]
