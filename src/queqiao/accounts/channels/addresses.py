"""Mobile numbers and e-mail addresses: one form each, however they were typed."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _

LONGEST = 120
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_EXTENSION = re.compile(r"\s*(?:转|分机|ext\.?|x|#)\s*[0-9]{1,6}$", re.IGNORECASE)
# Without the signs between the digits: with an area code, the numbers of services, and from abroad.
_CALLED = re.compile(r"(?:(?:\+|00)860?|0)[1-9][0-9]{1,2}[0-9]{7,8}|[48]00[0-9]{7}|(?:\+|00)(?!86)[1-9][0-9]{6,14}")


class AddressKind(StrEnum):
    """What kind of address a text is."""

    EMAIL = "email"
    MOBILE = "mobile"


@dataclass(frozen=True, slots=True)
class Address:
    """An address in the one form in which it is stored and compared."""

    kind: AddressKind
    value: str

    @property
    def masked(self) -> str:
        """The address with its middle hidden: 138****0000, wa***@example.cn."""
        if self.kind is AddressKind.MOBILE:
            return mask_mobile(self.value)
        local, _at, domain = self.value.partition("@")
        return f"{local[: min(2, len(local) - 1)]}***@{domain}"


def mask_mobile(mobile: str) -> str:
    """Return a number of 11 digits with the middle four hidden; any other text is hidden but for its last two signs."""
    if _MOBILE.fullmatch(mobile):
        return f"{mobile[:3]}****{mobile[7:]}"
    return "*" * max(len(mobile) - 2, 0) + mobile[-2:] if len(mobile) > 4 else "*" * len(mobile)


def parse_address(text: str) -> Address:
    """Read a mainland mobile number or an e-mail address.

    Full-width signs, spaces, hyphens and the country code are understood; an e-mail address is put in lower case and
    its domain in ASCII. QueqiaoError says what is wrong with anything else.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        raise QueqiaoError(_("请填写手机号或电子邮箱。"))
    if "@" in plain:
        return Address(AddressKind.EMAIL, _email(plain))
    digits = re.sub(r"[ ()\u2010-\u2015-]", "", plain)
    digits = re.sub(r"^(\+|00)?86(?=1[0-9]{10}$)", "", digits)
    if _MOBILE.fullmatch(digits):
        return Address(AddressKind.MOBILE, digits)
    if re.fullmatch(r"\+?[0-9]+", digits):
        raise QueqiaoError(_("手机号应为 11 位数字，以 13 至 19 开头；目前仅支持中国大陆手机号。"))
    raise QueqiaoError(_("这既不是手机号，也不是电子邮箱，请检查后重新填写。"))


def parse_contact(text: str) -> str:
    """Read under which number or address somebody can be reached: a mobile number, a number with area code, an e-mail.

    An extension and the code of a country are understood, and several, separated by 、，； or a slash. Mobile numbers
    and e-mail addresses come back as accounts have them, so that the two are found to be the same; anything else as
    it was typed. QueqiaoError says what to write.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    parts = [part.strip() for part in re.split(r"[、,;/]", plain) if part.strip()]
    if not parts or not all(map(_reaches, parts)):
        raise QueqiaoError(_("请填写手机号、带区号的固定电话（如 028-85001234 转 801）或电子邮箱。"))
    if len(parts) > 1:
        return text.strip()
    try:
        return parse_address(plain).value
    except QueqiaoError:
        return text.strip()


def _reaches(part: str) -> bool:
    try:
        parse_address(part)
    except QueqiaoError:
        number = re.sub(r"[ ().\u2010-\u2015-]", "", _EXTENSION.sub("", part))
        return "@" not in part and _CALLED.fullmatch(number) is not None
    return True


def _email(plain: str) -> str:
    local, _at, domain = plain.lower().rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    labels = domain.split(".")
    good = len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()
    address = f"{local}@{domain}"
    if not good or not _LOCAL.fullmatch(local) or len(local) > 64 or len(address) > LONGEST:
        raise QueqiaoError(_("电子邮箱的格式不正确，请检查后重新填写。"))
    return address
