"""The forms on which people write records: one for each kind, made of the fields of its model."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from django import forms
from django.db import models
from django.http import QueryDict

from queqiao.accounts.actors import Actor
from queqiao.accounts.channels import parse_contact
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _, language, lazy
from queqiao.core.money import MoneyRange, Qualifier
from queqiao.core.rights import write_rights
from queqiao.needs.models import Need
from queqiao.records.choices import Cooperation, Visibility
from queqiao.records.labels import LABELS
from queqiao.records.models import CatalogueRecord
from queqiao.records.queries import visible_whole
from queqiao.research.models import Achievement, Expert, Lab
from queqiao.taxonomy.models import Node
from queqiao.taxonomy.queries import fields as field_nodes
from queqiao.web.forms.helps import EXAMPLES, HELPS, TRL_LEVELS, visibility_choices
from queqiao.web.forms.widgets import AmountField, GroupedChoices, RightsField, WordsField, node_choices, region_choices

MOST_FIELDS = 3
LONGEST = 20_000
# One line of the form stands for several columns of the record.
MONEY: dict[str, tuple[str, ...]] = {
    "budget": ("budget_low", "budget_high", "budget_qualifier", "budget_currency"),
    "price": ("price", "price_qualifier", "price_currency"),
}


@dataclass(frozen=True, slots=True)
class Option:
    """One box of a list of choices."""

    id: str
    value: str
    label: str
    checked: bool


class RecordForm(forms.Form):
    """What all record forms share: they are filled from a record or a working copy, and give its ``values``."""

    MODEL: ClassVar[type[CatalogueRecord]]
    GROUPS: ClassVar[tuple[tuple[Any, tuple[str, ...]], ...]]

    def __init__(self, *args: Any, record: CatalogueRecord, actor: Actor, **kwargs: Any):
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.organisation, self.actor, self.region = record.organisation, actor, record.region_id
        self.contact = getattr(record, "contact_details", "")
        for _title, names in self.GROUPS:
            for name in names:
                made = self._field(name)
                if made is not None:
                    self._dress(name, made)

    def groups(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """Yield the groups of the form: title and fields, without groups that have none."""
        for title, names in self.GROUPS:
            there = [self[name] for name in names if name in self.fields]
            if there:
                yield str(title), there

    def options(self, name: str) -> list[tuple[str, list[Option]]]:
        """Return the boxes of a field in groups: title ("" where there is none) and boxes."""
        bound = self[name]
        value = bound.value()
        chosen = {str(one) for one in (value if isinstance(value, list | tuple) else [value])}
        groups: dict[str, list[Option]] = {}
        number = 0
        for key, label in bound.field.choices:  # type: ignore[attr-defined]  # asked of fields with choices only
            title, pairs = (str(key), label) if isinstance(label, list | tuple) else ("", [(key, label)])
            for code, words in pairs:
                box = Option(f"id_{name}_{number}", str(code), str(words), str(code) in chosen)
                groups.setdefault(title, []).append(box)
                number += 1
        return list(groups.items())

    def input_kind(self, name: str) -> str:
        """Return how a field is drawn: boxes, radios, tick, or plain."""
        widget = self.fields[name].widget
        if isinstance(widget, forms.CheckboxSelectMultiple):
            return "boxes"
        if isinstance(widget, forms.RadioSelect):
            return "radios"
        return "tick" if isinstance(widget, forms.CheckboxInput) else "plain"

    def values(self) -> dict[str, Any]:
        """Return what was typed as the values of the record; call it on a valid form only."""
        values: dict[str, Any] = {}
        for name, value in self.cleaned_data.items():
            if name in MONEY:
                values |= _money_values(name, value)
            else:
                values[name] = value
        return values

    def typed(self) -> dict[str, Any]:
        """Return the raw text of every field as it was typed, for a working copy."""
        data = cast("QueryDict", self.data)
        kept = {name: [_kept(text) for text in data.getlist(name)] for name in self.fields}
        return {
            name: texts if self.input_kind(name) == "boxes" else "".join(texts[-1:]) for name, texts in kept.items()
        }

    def words(self, name: str) -> str:
        """Return what was typed into a field as people read it: the labels of what was chosen, else the text."""
        kind = self.input_kind(name)
        if kind == "tick":
            return _("是") if self[name].value() else ""
        if kind == "plain" and not hasattr(self.fields[name], "choices"):
            return str(self[name].value() or "").replace("\r\n", "\n").strip()
        return _("、").join(
            box.label for _title, boxes in self.options(name) for box in boxes if box.checked and box.value
        )

    def _field(self, name: str) -> forms.Field | None:
        if name in MONEY:
            return AmountField(one=name == "price", required=False, max_length=60)
        special = getattr(self, f"_make_{name}", None)
        if special is not None:
            made: forms.Field | None = special()
            return made
        return _plain_field(self.MODEL._meta.get_field(name))

    def _dress(self, name: str, made: forms.Field) -> None:
        made.label = str(_("预算") if name == "budget" else LABELS[name])
        about = str(HELPS.get((self.MODEL.KIND, name)) or HELPS.get(("", name), ""))
        if name in self.MODEL.REQUIRED and not made.required:
            about = _("{first}{second}").format(first=_("提交审核前必填。"), second=about).rstrip()
        made.help_text = about
        example = EXAMPLES.get((self.MODEL.KIND, name)) or EXAMPLES.get(("", name))
        if example:
            made.widget.attrs["placeholder"] = str(example)
        made.error_messages["required"] = _("请填写{label}。").format(label=made.label)
        self.fields[name] = made

    def _make_fields(self) -> forms.Field:
        return GroupedChoices(required=False, coerce=int, most=MOST_FIELDS, choices=node_choices(field_nodes()))

    def _make_chain_nodes(self) -> forms.Field | None:
        nodes = list(Node.objects.filter(classification__is_chain=True).select_related("parent")[:300])
        return GroupedChoices(required=False, coerce=int, choices=node_choices(nodes)) if nodes else None

    def _make_team(self) -> forms.Field | None:
        mates = visible_whole(Expert, self.actor).filter(organisation=self.organisation).order_by("title")[:100]
        choices = [(str(mate.pk), mate.title) for mate in mates]
        return GroupedChoices(required=False, coerce=str, choices=choices) if choices else None

    def _make_keywords(self) -> forms.Field:
        return WordsField(required=False)

    def _make_ip(self) -> forms.Field:
        return RightsField(required=False, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3}))

    def _make_cooperation(self) -> forms.Field:
        return GroupedChoices(required=False, coerce=str, choices=Cooperation.choices)

    def _make_region(self) -> forms.Field:
        return forms.ChoiceField(required=False, choices=region_choices([self.region, self.organisation.region_id]))

    def _make_trl(self) -> forms.Field:
        choices = [("", _("未选择")), *((level, f"TRL {level}  {words}") for level, words in TRL_LEVELS.items())]
        return forms.TypedChoiceField(required=False, choices=choices, coerce=int, empty_value=None)

    def _make_visibility(self) -> forms.Field:
        return forms.ChoiceField(choices=visibility_choices(self.MODEL), widget=forms.RadioSelect)

    def clean_contact_details(self) -> str:
        """Refuse what reaches nobody; what stands there already may stay, for lists bring other ways, too."""
        typed = str(self.cleaned_data["contact_details"])
        if not typed or typed == self.contact:
            return typed
        try:
            return parse_contact(typed)
        except QueqiaoError as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        """Refuse a need that is to be met when it is shown no more."""
        given: dict[str, Any] = super().clean() or {}
        deadline, until = given.get("deadline"), given.get("valid_until")
        if deadline and until and deadline > until:
            self.add_error(
                "deadline", _("期望完成日期晚于“有效期至”（{day}），请改其中一个。").format(day=until.isoformat())
            )
        return given

    def clean_visibility(self) -> str:
        """Take the record as public where nothing was said."""
        return str(self.cleaned_data["visibility"] or Visibility.PUBLIC)


class NeedForm(RecordForm):
    """What an enterprise writes about a need."""

    MODEL = Need
    GROUPS = (
        (lazy("要解决什么"), ("title", "problem", "background", "indicators", "tried")),
        (lazy("属于哪个领域"), ("fields", "keywords", "chain_nodes", "bottleneck")),
        (lazy("怎样合作"), ("budget", "deadline", "cooperation", "region_wish", "region")),
        (lazy("联系谁"), ("contact_name", "contact_details")),
        (lazy("谁能看到"), ("visibility", "blind_title", "valid_until")),
    )


class AchievementForm(RecordForm):
    """What research writes about an achievement."""

    MODEL = Achievement
    GROUPS = (
        (lazy("成果是什么"), ("title", "result", "description", "advantages", "application")),
        (lazy("做到了什么程度"), ("indicators", "trl", "stage", "ip", "awards")),
        (lazy("属于哪个领域"), ("fields", "keywords", "team")),
        (lazy("怎样合作"), ("cooperation", "price", "policies", "region")),
        (lazy("谁能看到"), ("visibility", "blind_title", "valid_until")),
    )


class ExpertForm(RecordForm):
    """What is written about an expert."""

    MODEL = Expert
    GROUPS = (
        (lazy("基本情况"), ("title", "academic_title", "region")),
        (lazy("研究方向与经历"), ("fields", "keywords", "record")),
        (lazy("怎样合作"), ("cooperation", "availability", "conflicts")),
        (lazy("可以担任"), ("is_mentor", "is_commissioner", "is_judge")),
        (lazy("谁能看到"), ("visibility", "blind_title", "valid_until")),
    )


class LabForm(RecordForm):
    """What is written about a lab."""

    MODEL = Lab
    GROUPS = (
        (lazy("基本情况"), ("title", "lab_kind", "description", "region")),
        (lazy("属于哪个领域"), ("fields", "keywords")),
        (lazy("开放与使用"), ("equipment", "opening", "terms", "live_link", "cooperation")),
        (lazy("谁能看到"), ("visibility", "blind_title", "valid_until")),
    )


FORMS: dict[type[CatalogueRecord], type[RecordForm]] = {
    form.MODEL: form for form in (NeedForm, AchievementForm, ExpertForm, LabForm)
}


def _plain_field(column: Any) -> forms.Field:
    """Return the form field of a column that needs nothing special; only the title must be there from the start."""
    made: forms.Field
    if isinstance(column, models.TextField):
        rows = {"rows": 8 if column.name in ("problem", "description", "record") else 5}
        made = forms.CharField(required=False, max_length=LONGEST, widget=forms.Textarea(attrs=rows))
    elif isinstance(column, models.BooleanField):
        made = forms.BooleanField(required=False)
    elif isinstance(column, models.DateField):
        made = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    elif isinstance(column, models.URLField):
        made = forms.URLField(required=False, assume_scheme="https", max_length=200)
    elif column.choices:
        choices = [] if column.default else [("", _("未选择"))]
        made = forms.ChoiceField(required=False, choices=[*choices, *column.choices])
    else:
        made = forms.CharField(required=column.name == "title", max_length=column.max_length)
    return made


def stored_values(record: CatalogueRecord) -> dict[str, Any]:
    """Return what a record says as plain values: keys of related rows, everything else as it is stored."""
    values: dict[str, Any] = {}
    for name in record.CONTENT:
        column = record._meta.get_field(name)
        if isinstance(column, models.ManyToManyField):
            values[name] = [str(row.pk) for row in getattr(record, name).all()]
        else:
            values[name] = getattr(record, getattr(column, "attname", name))
    return values


def initial_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the texts of the form for plain values, as in ``stored_values`` or in a proposed change."""
    initial: dict[str, Any] = {}
    for name, value in values.items():
        if name == "keywords":
            initial[name] = "、".join(value or [])
        elif name == "ip":
            with language("zh"):  # the form reads again what it shows
                initial[name] = "\n".join(write_rights(value or []))
        elif isinstance(value, list):
            initial[name] = [str(one) for one in value]
        else:
            initial[name] = value if value is not None else ""
    for name, columns in MONEY.items():
        if columns[0] in initial:
            initial[name] = _money_text(name, {column: values.get(column) for column in columns})
    return initial


def data_of(form: RecordForm, initial: Mapping[str, Any]) -> QueryDict:
    """Return what a browser would send for a form that shows ``initial``."""
    data = QueryDict(mutable=True)
    for name in form.fields:
        value = initial.get(name, "")
        if isinstance(value, list):
            data.setlist(name, [str(one) for one in value])
        elif form.input_kind(name) == "tick":
            data.setlist(name, ["on"] if value else [])
        else:
            data[name] = "" if value is None else str(value)
    return data


def _kept(text: str) -> str:
    """Return a text with one kind of line end, and without the character that databases refuse."""
    return text.replace("\r\n", "\n").replace("\x00", "")


def _money_values(name: str, money: MoneyRange | None) -> dict[str, Any]:
    low = money.low if money else None
    ends = (low,) if name == "price" else (low, money.high if money else None)
    rest = (money.qualifier.value, money.currency) if money else (Qualifier.EXACT.value, "CNY")
    return dict(zip(MONEY[name], (*ends, *rest), strict=True))


def _money_text(name: str, values: Mapping[str, Any]) -> str:
    low, *others = (values[column] for column in MONEY[name])
    high = low if name == "price" else others.pop(0)
    qualifier, currency = others
    if low is None and high is None:
        return ""
    column = Achievement._meta.get_field("price")  # all amounts are kept alike
    ends = [column.to_python(end) for end in (low, high)]
    if qualifier == Qualifier.OVER and ends[0] == ends[1]:
        ends[1] = None
    if ends[0] is None:
        ends[0] = ends[1] if qualifier != Qualifier.EXACT else 0 * ends[1]
    elif ends[1] is None and qualifier != Qualifier.OVER:
        ends[1] = ends[0]
    return str(MoneyRange(ends[0], ends[1], currency or "CNY", Qualifier(qualifier or "exact")))
