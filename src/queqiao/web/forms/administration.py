"""The forms on which organisations, people, roles and scopes are kept."""

import datetime
from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from queqiao.accounts.choices import OrganisationKind, OrganisationSize, RoleKind, ScopeKind
from queqiao.accounts.models import Organisation, Person, Scope
from queqiao.core.i18n import _, lazy
from queqiao.taxonomy.models import Classification, Region
from queqiao.web.forms.widgets import WordsField, region_choices

_DATE = {"type": "date"}


class PlainForm(forms.Form):
    """A form whose labels end without a colon."""

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def words(self, name: str, value: Any) -> str:
        """Return a value of a field as people read it."""
        choices = getattr(self.fields[name], "choices", None)
        if choices is None:
            return (_("是") if value else "") if isinstance(self.fields[name], forms.BooleanField) else str(value or "")
        flat = [pair for key, label in choices for pair in (label if isinstance(label, list) else [(key, label)])]
        return next((str(label) for key, label in flat if str(key) == str(value) and value), "")


class DayField(forms.DateField):
    """A day, picked in the browser's own calendar."""

    def __init__(self, **kwargs: Any):
        super().__init__(widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"), **kwargs)


class OrganisationField(forms.CharField):
    """An organisation by its number or its whole name; cleans to the organisation, out of those that are offered."""

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("help_text", lazy("填机构全称或编号。"))
        super().__init__(max_length=120, **kwargs)
        self.queryset = Organisation.objects.none()

    def clean(self, value: Any) -> Organisation:
        """Return the one organisation that is meant, or say why it is not found."""
        text = str(super().clean(value))
        found = list(self.queryset.filter(Q(number=text) | Q(name=text))[:2])
        if not found:
            raise forms.ValidationError(_("没有找到“{text}”，请核对全称或编号。").format(text=text[:40]))
        if len(found) > 1:
            raise forms.ValidationError(_("有几家机构都叫“{text}”，请改填编号。").format(text=text[:40]))
        return found[0]


class OrganisationForm(PlainForm):
    """What an organisation is; contacts stay as they are where nothing is typed, since they are shown masked."""

    name = forms.CharField(label=lazy("机构全称"), max_length=120)
    name_en = forms.CharField(label=lazy("英文名称"), max_length=200, required=False)
    short_name = forms.CharField(label=lazy("简称"), max_length=40, required=False)
    kind = forms.ChoiceField(label=lazy("机构类型"), choices=OrganisationKind.choices)
    credit_code = forms.RegexField(
        label=lazy("统一社会信用代码"),
        regex=r"^[0-9A-HJ-NPQRTUWXY]{18}$",
        required=False,
        error_messages={"invalid": lazy("请填写 18 位统一社会信用代码，或留空。")},
    )
    region = forms.ChoiceField(label=lazy("所在地区"), required=False)
    size = forms.ChoiceField(
        label=lazy("规模"), choices=[("", lazy("未选择")), *OrganisationSize.choices], required=False
    )
    listed = forms.BooleanField(label=lazy("上市公司"), required=False)
    industry = forms.CharField(
        label=lazy("行业代码"), max_length=10, required=False, help_text=lazy("国民经济行业分类（GB/T 4754）的代码。")
    )
    tags = WordsField(label=lazy("标签"), required=False, help_text=lazy("用顿号、逗号或分号隔开，最多 10 个。"))
    website = forms.URLField(label=lazy("网站"), required=False, assume_scheme="https")
    introduction = forms.CharField(
        label=lazy("简介"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 5})
    )
    contact_name = forms.CharField(label=lazy("联系人"), max_length=60, required=False, help_text=lazy("留空则不改。"))
    contact_mobile = forms.CharField(
        label=lazy("联系电话"), max_length=20, required=False, help_text=lazy("留空则不改。")
    )
    contact_email = forms.EmailField(label=lazy("联系邮箱"), required=False, help_text=lazy("留空则不改。"))

    PERSONAL = ("contact_name", "contact_mobile", "contact_email")

    def __init__(self, *args: Any, around: str | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        region = self.fields["region"]
        assert isinstance(region, forms.ChoiceField)  # noqa: S101 -- for the type checker
        region.choices = region_choices([around])

    def values(self) -> dict[str, Any]:
        """Return what was typed as the values of the organisation; call it on a valid form only."""
        values = {name: value for name, value in self.cleaned_data.items() if name not in self.PERSONAL or value}
        values["region"] = Region.objects.filter(code=values["region"]).first() if values["region"] else None
        return values


class NewOrganisationForm(OrganisationForm):
    """A new organisation begins in one of the scopes of who enters it."""

    scope = forms.ModelChoiceField(label=lazy("加入的范围"), queryset=Scope.objects.none(), empty_label=None)

    def __init__(self, *args: Any, scopes: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        scope = self.fields["scope"]
        assert isinstance(scope, forms.ModelChoiceField)  # noqa: S101 -- for the type checker
        scope.queryset = scopes


class PersonForm(PlainForm):
    """What a person is called and how to reach him; contacts stay as they are where nothing is typed."""

    name = forms.CharField(label=lazy("姓名"), max_length=60)
    name_en = forms.CharField(label=lazy("英文名"), max_length=120, required=False)
    mobile = forms.CharField(label=lazy("手机号"), max_length=20, required=False, help_text=lazy("留空则不改。"))
    email = forms.EmailField(label=lazy("电子邮箱"), required=False, help_text=lazy("留空则不改。"))
    orcid = forms.RegexField(
        label="ORCID",
        regex=r"^\d{4}-\d{4}-\d{4}-\d{3}[\dX]$",
        required=False,
        error_messages={"invalid": lazy("ORCID 写成 0000-0002-1825-0097 的样子，或留空。")},
    )

    PERSONAL = ("mobile", "email")

    def values(self) -> dict[str, Any]:
        """Return what was typed as the values of the person; call it on a valid form only."""
        return {name: value for name, value in self.cleaned_data.items() if name not in self.PERSONAL or value}


class AliasForm(PlainForm):
    """Another name, and from when to when it was used."""

    name = forms.CharField(label=lazy("曾用名或别名"), max_length=200)
    begins_on = DayField(label=lazy("从"), required=False)
    ends_on = DayField(label=lazy("到"), required=False)


class JoinScopeForm(PlainForm):
    """Into which scope an organisation comes, and from when on."""

    scope = forms.ModelChoiceField(label=lazy("范围"), queryset=Scope.objects.none(), empty_label=None)
    begins_on = DayField(label=lazy("从"), required=False, help_text=lazy("留空为今天。"))

    def __init__(self, *args: Any, scopes: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        scope = self.fields["scope"]
        assert isinstance(scope, forms.ModelChoiceField)  # noqa: S101 -- for the type checker
        scope.queryset = scopes


class RoleForm(PlainForm):
    """Which role a person gets."""

    person = forms.ModelChoiceField(label=lazy("人员"), queryset=Person.objects.none())
    kind = forms.ChoiceField(label=lazy("角色"))

    def __init__(self, *args: Any, people: Any, kinds: list[RoleKind], **kwargs: Any):
        super().__init__(*args, **kwargs)
        person, kind = self.fields["person"], self.fields["kind"]
        assert isinstance(person, forms.ModelChoiceField)  # noqa: S101 -- for the type checker
        assert isinstance(kind, forms.ChoiceField)  # noqa: S101 -- the same
        person.queryset = people
        kind.choices = [(one.value, one.label) for one in kinds]


class InviteForm(PlainForm):
    """Into which role somebody is invited; with an address the invitation is for its owner alone."""

    role = forms.ChoiceField(label=lazy("角色"))
    address = forms.CharField(
        label=lazy("手机号或电子邮箱"),
        max_length=120,
        required=False,
        help_text=lazy("填写后邀请会直接发给对方，且只有本人能用；留空则得到一个链接，可发到群里，先到先用。"),
    )
    note = forms.CharField(label=lazy("备注"), max_length=200, required=False)

    def __init__(self, *args: Any, kinds: list[RoleKind], **kwargs: Any):
        super().__init__(*args, **kwargs)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)  # noqa: S101 -- for the type checker
        role.choices = [(one.value, one.label) for one in kinds]


class AffiliationForm(PlainForm):
    """Where a person works."""

    organisation = OrganisationField(label=lazy("机构"))
    title = forms.CharField(label=lazy("职务"), max_length=60, required=False)
    department = forms.CharField(label=lazy("部门"), max_length=80, required=False)
    begins_on = DayField(label=lazy("从"), required=False)

    def __init__(self, *args: Any, organisations: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        organisation = self.fields["organisation"]
        assert isinstance(organisation, OrganisationField)  # noqa: S101 -- for the type checker
        organisation.queryset = organisations


class PersonRoleForm(PlainForm):
    """Which role a person gets, and for which organisation."""

    organisation = OrganisationField(label=lazy("机构"))
    kind = forms.ChoiceField(label=lazy("角色"))

    def __init__(self, *args: Any, organisations: Any, kinds: list[RoleKind], **kwargs: Any):
        super().__init__(*args, **kwargs)
        organisation, kind = self.fields["organisation"], self.fields["kind"]
        assert isinstance(organisation, OrganisationField)  # noqa: S101 -- for the type checker
        assert isinstance(kind, forms.ChoiceField)  # noqa: S101 -- the same
        organisation.queryset = organisations
        kind.choices = [(one.value, one.label) for one in kinds]


class ScopeForm(PlainForm):
    """What a scope is and who runs it."""

    name = forms.CharField(label=lazy("名称"), max_length=120)
    name_en = forms.CharField(label=lazy("英文名称"), max_length=200, required=False)
    kind = forms.ChoiceField(label=lazy("类别"), choices=ScopeKind.choices)
    parent = forms.ModelChoiceField(label=lazy("上级范围"), queryset=Scope.objects.none(), required=False)
    operator = OrganisationField(label=lazy("运营方"))
    classifications = forms.ModelMultipleChoiceField(
        label=lazy("使用的分类"),
        queryset=Classification.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    ends_on = DayField(label=lazy("结束日期"), required=False)

    def __init__(self, *args: Any, parents: Any, operators: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        parent, operator, classes = (self.fields[name] for name in ("parent", "operator", "classifications"))
        assert isinstance(parent, forms.ModelChoiceField)  # noqa: S101 -- for the type checker
        assert isinstance(operator, OrganisationField)  # noqa: S101 -- the same
        assert isinstance(classes, forms.ModelMultipleChoiceField)  # noqa: S101 -- the same
        parent.queryset, operator.queryset = parents, operators
        classes.queryset = Classification.objects.order_by("name", "version")


class NewScopeForm(ScopeForm):
    """A new scope has a code for ever and lies below one of the actor's."""

    code = forms.RegexField(
        label=lazy("代码"),
        regex=r"^[a-z0-9][a-z0-9-]{1,39}$",
        help_text=lazy("用在地址中，小写字母、数字和连字符，建好后不能改。"),
        error_messages={"invalid": lazy("只用小写字母、数字和连字符，2 至 40 个。")},
    )

    field_order = ("code",)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["parent"].required = True
        del self.fields["classifications"]  # chosen on its own page


def day_of(text: str) -> datetime.date:
    """Read a day, today where nothing readable was given."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return timezone.localdate()


def picked(sent: QueryDict, theirs: Mapping[str, Any]) -> QueryDict:
    """Return what was sent, with the other's value in the fields for which it was chosen."""
    data = sent.copy()
    for name, value in theirs.items():
        if data.get(f"pick-{name}") == "theirs":
            if value in (None, "", False):
                data.pop(name, None)
            else:
                data[name] = str(value)
    return data
