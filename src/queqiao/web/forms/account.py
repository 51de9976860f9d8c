"""Forms of signing in, joining and one's own account."""

import unicodedata
from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils import timezone

from queqiao.accounts.actions.tokens import DAYS, MOST_DAYS
from queqiao.accounts.channels import parse_address
from queqiao.accounts.choices import OrganisationKind, OrganisationSize, TokenScope
from queqiao.accounts.models import Scope
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _, lazy


class AddressField(forms.CharField):
    """A mobile number or an e-mail address; cleaned to the form in which accounts are kept."""

    def __init__(self, *, autocomplete: str = "username", **options: Any):
        attributes = {"autocomplete": autocomplete, "inputmode": "email", "autocapitalize": "none"}
        super().__init__(
            label=options.pop("label", lazy("手机号或电子邮箱")),
            max_length=120,
            widget=forms.TextInput(attrs=attributes),
            **options,
        )

    def clean(self, value: Any) -> str:
        """Return the address as accounts know it; ValidationError for anything else."""
        text = super().clean(value)
        if not text:
            return ""
        try:
            return parse_address(text).value
        except QueqiaoError as error:
            raise ValidationError(str(error)) from error


class PasswordField(forms.CharField):
    """A password; ``new`` ones are checked against the rules."""

    def __init__(self, *, new: bool = False, **options: Any):
        self.new = new
        attributes = {"autocomplete": "new-password" if new else "current-password"}
        options.setdefault("label", lazy("设置密码") if new else lazy("密码"))
        if new:
            options.setdefault("help_text", lazy("至少 10 个字符，不要只用数字。"))
        super().__init__(max_length=128, strip=False, widget=forms.PasswordInput(attrs=attributes), **options)

    def clean(self, value: Any) -> str:
        """Return the password; ValidationError where a new one breaks the rules."""
        text = str(super().clean(value))
        if self.new and text:
            password_validation.validate_password(text)
        return text


class CodeField(forms.RegexField):
    """Six digits; full-width ones and spaces between them are understood."""

    def __init__(self, **options: Any):
        attributes = {"autocomplete": "one-time-code", "inputmode": "numeric", "class": "q-code", "autofocus": True}
        super().__init__(
            regex=r"^[0-9]{6}$",
            label=options.pop("label", lazy("验证码")),
            max_length=20,
            widget=forms.TextInput(attrs=attributes),
            error_messages={"invalid": lazy("请填写 6 位数字。")},
            **options,
        )

    def to_python(self, value: Any) -> str:
        """Return the digits without what stands between them."""
        return "".join(unicodedata.normalize("NFKC", super().to_python(value) or "").split())


class PasswordSignIn(forms.Form):
    """Sign in with a password."""

    address = AddressField()
    password = PasswordField()


class CodeRequest(forms.Form):
    """Ask for a one-time code."""

    address = AddressField()


class CodeEntry(forms.Form):
    """Show the code that came."""

    code = CodeField()


class TotpEntry(forms.Form):
    """Show the code of the authenticator."""

    code = CodeField(label=lazy("动态码"))


class JoinForm(forms.Form):
    """Who accepts an invitation without an account yet."""

    name = forms.CharField(label=lazy("姓名"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    address = AddressField(help_text=lazy("将向这里发送验证码，以后也用它登录。"))
    title = forms.CharField(label=lazy("职务"), max_length=60, required=False)
    consent = forms.BooleanField(label=lazy("我已阅读并同意用户协议和个人信息保护说明"))


class JoinProof(CodeEntry):
    """Prove the address and, if wanted, choose a password."""

    password = PasswordField(new=True, required=False, label=lazy("设置密码（可选）"))


class CreditCodeField(forms.RegexField):
    """A unified social credit code of 18 characters; small letters and full-width signs are understood."""

    def __init__(self, **options: Any):
        super().__init__(
            regex=r"^[0-9A-HJ-NPQRTUWXY]{18}$",
            error_messages={"invalid": lazy("请填写 18 位统一社会信用代码，或留空。")},
            **options,
        )

    def to_python(self, value: Any) -> str:
        """Return the code as it is kept."""
        return "".join(unicodedata.normalize("NFKC", super().to_python(value) or "").split()).upper()


class RegistrationForm(forms.Form):
    """An organisation asks to be let in; ``kept`` names a proof that was sent already."""

    organisation_name = forms.CharField(
        label=lazy("机构全称"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "organization"})
    )
    kind = forms.ChoiceField(label=lazy("机构类型"), choices=[("", lazy("请选择")), *OrganisationKind.choices])
    credit_code = CreditCodeField(label=lazy("统一社会信用代码"), required=False)
    size = forms.ChoiceField(
        label=lazy("规模"), choices=[("", lazy("请选择")), *OrganisationSize.choices], required=False
    )
    scope = forms.ModelChoiceField(
        label=lazy("申请加入"), queryset=Scope.objects.none(), empty_label=lazy("请选择"),
        help_text=lazy("由该范围的运营方审核。"),
    )  # fmt: skip
    proof = forms.FileField(
        label=lazy("证明材料"), help_text=lazy("营业执照或法人证书的照片、扫描件，PNG、JPEG 或 PDF，不超过 20 MB。"),
        max_length=200, widget=forms.FileInput(attrs={"accept": ".png,.jpg,.jpeg,.pdf"}),
    )  # fmt: skip
    name = forms.CharField(
        label=lazy("联系人姓名"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    address = AddressField(help_text=lazy("审核结果将发送到这里，以后也用它登录。"))
    consent = forms.BooleanField(label=lazy("我已阅读并同意用户协议和个人信息保护说明"))

    def __init__(self, *args: Any, kept: str = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        scope = self.fields["scope"]
        assert isinstance(scope, forms.ModelChoiceField)  # noqa: S101 -- for the type checker
        scope.queryset = Scope.objects.filter(ends_on=None)
        if kept:
            self.fields["proof"].required = False
            self.fields["proof"].help_text = _("已上传“{name}”；需要更换时再选择文件。").format(name=kept)


class ProfileForm(forms.Form):
    """What a person may change about himself; ``revision`` is the one on which the changes are made."""

    name = forms.CharField(label=lazy("姓名"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    name_en = forms.CharField(label=lazy("英文名"), max_length=120, required=False)
    mobile = forms.CharField(
        label=lazy("联系手机号"), max_length=20, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )  # fmt: skip
    email = forms.EmailField(
        label=lazy("联系邮箱"), required=False, widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=lazy("联系方式默认对他人隐藏；修改它不影响登录用的手机号或邮箱。"),
    )  # fmt: skip
    revision = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput())


class NewPassword(forms.Form):
    """Choose a password; who has one shows it first."""

    old = PasswordField(label=lazy("现在的密码"))
    new = PasswordField(new=True, label=lazy("新密码"))

    def __init__(self, *args: Any, has_one: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if not has_one:
            del self.fields["old"]


class SubstituteForm(forms.Form):
    """Who stands in while one is away."""

    substitute = AddressField(label=lazy("代理人的手机号或电子邮箱"), autocomplete="off")
    begins_on = forms.DateField(label=lazy("从"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    ends_on = forms.DateField(label=lazy("到"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        """Check that the days follow each other and are not over."""
        cleaned: dict[str, Any] = super().clean() or {}
        begins, ends = cleaned.get("begins_on"), cleaned.get("ends_on")
        if begins and ends and ends < begins:
            self.add_error("ends_on", _("结束日期早于开始日期。"))
        elif ends and ends < timezone.localdate():
            self.add_error("ends_on", _("结束日期已经过去。"))
        return cleaned


class TokenForm(forms.Form):
    """Make an access token: what it is called, what it may be used for, and for how long."""

    name = forms.CharField(
        label=lazy("令牌名称"),
        max_length=60,
        help_text=lazy("写明给谁用，如“科技处数据同步”。"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=lazy("用途"), choices=TokenScope.choices, widget=forms.CheckboxSelectMultiple
    )
    days = forms.TypedChoiceField(
        label=lazy("有效期"),
        coerce=int,
        choices=((30, lazy("30 天")), (90, lazy("90 天")), (DAYS, lazy("一年")), (MOST_DAYS, lazy("两年"))),
        initial=DAYS,
    )


class EraseForm(forms.Form):
    """Ask for one's account to be erased, by writing one's name once more."""

    confirm = forms.CharField(
        label=lazy("输入您的姓名确认"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, name: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.name = name

    def clean_confirm(self) -> str:
        """Check that it is the name of the account."""
        text = str(self.cleaned_data["confirm"])
        if text != self.name:
            raise ValidationError(_("与账号上的姓名不一致，没有注销。"))
        return text
