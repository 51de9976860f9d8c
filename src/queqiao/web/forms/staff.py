"""The forms of the review: why something is returned or refused."""

from typing import Any

from django import forms

from queqiao.core.i18n import _, lazy

RETURN_REASONS = (
    ("incomplete", lazy("内容不完整")),
    ("unclear", lazy("难题或指标不清楚")),
    ("classified", lazy("涉密或不宜公开")),
    ("contact", lazy("正文中有联系方式")),
    ("duplicate", lazy("与已有登记重复")),
    ("misplaced", lazy("领域、地区或类别有误")),
    ("other", lazy("其他")),
)
REFUSE_REASONS = (
    ("proof", lazy("证明材料不清晰或不全")),
    ("mismatch", lazy("证明材料与填写的机构不一致")),
    ("known", lazy("机构已登记，请由其管理员邀请加入")),
    ("outside", lazy("不在本范围服务对象之内")),
    ("other", lazy("其他")),
)


class ReasonForm(forms.Form):
    """A class of reasons, and more in words; one of the two alone will do unless the class says nothing."""

    kind = forms.ChoiceField(label=lazy("原因"), widget=forms.RadioSelect)
    text = forms.CharField(
        label=lazy("具体说明"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=lazy("对方会看到这段话，请写明要改什么。"),
    )

    def __init__(self, *args: Any, reasons: tuple[tuple[str, Any], ...], **kwargs: Any):
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)  # noqa: S101 -- for the type checker
        kind.choices = reasons
        self._labels = {code: str(label) for code, label in reasons}

    def clean(self) -> dict[str, Any]:
        """Ask for words where the class says nothing."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("kind") == "other" and not cleaned.get("text", "").strip():
            self.add_error("text", _("选择“其他”时，请写明原因。"))
        return cleaned

    def reason(self) -> str:
        """Return the reason in words; call it on a valid form only."""
        kind, text = str(self.cleaned_data["kind"]), str(self.cleaned_data["text"]).strip()
        if kind == "other":
            return text
        label = self._labels[kind]
        return _("{kind}：{text}").format(kind=label, text=text) if text else label
