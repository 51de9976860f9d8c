"""The forms on which staff keep themes."""

from typing import Any

from django import forms

from queqiao.accounts.models import Scope
from queqiao.core.i18n import lazy
from queqiao.web.forms.administration import DayField, PlainForm


class ThemeForm(PlainForm):
    """What a theme says, and from when to when it stands in the hall."""

    title = forms.CharField(label=lazy("专题名称"), max_length=60)
    title_en = forms.CharField(label=lazy("英文名称"), max_length=120, required=False)
    intro = forms.CharField(
        label=lazy("导语"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=lazy("用一两句话说明这些记录为什么放在一起。"),
    )
    intro_en = forms.CharField(
        label=lazy("英文导语"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    begins_on = DayField(label=lazy("从"), required=False, help_text=lazy("留空则上线后即显示。"))
    ends_on = DayField(label=lazy("到"), required=False, help_text=lazy("留空则一直显示，直到下线。"))


class NewThemeForm(ThemeForm):
    """A new theme is one of a scope of who begins it, for ever."""

    scope = forms.ModelChoiceField(label=lazy("所属范围"), queryset=Scope.objects.none(), empty_label=None)

    field_order = ("scope",)

    def __init__(self, *args: Any, scopes: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        scope = self.fields["scope"]
        assert isinstance(scope, forms.ModelChoiceField)  # noqa: S101 -- for the type checker
        scope.queryset = scopes


class ThemeItemForm(PlainForm):
    """Which record comes into a theme, and what staff say for it."""

    number = forms.CharField(label=lazy("记录编号"), max_length=20, help_text=lazy("例如 CG-2026-00012。"))
    note = forms.CharField(
        label=lazy("推荐语"),
        max_length=200,
        required=False,
        help_text=lazy("所有能看到这条记录的人都会看到；匿名发布的记录请不要写出单位。"),
    )
    note_en = forms.CharField(label=lazy("英文推荐语"), max_length=300, required=False)
