"""What is sent, by what it is sent, and how sending fails."""

from dataclasses import dataclass
from typing import Protocol

from queqiao.accounts.channels.addresses import AddressKind, parse_address
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one address.

    ``to`` is an e-mail address or a mobile number; ``subject`` is for e-mail only; ``link`` is an address that the
    channel sets apart from the text; ``kind`` says what it is about ("code", "invitation", ...).
    """

    to: str
    subject: str
    text: str
    link: str = ""
    kind: str = ""


class Channel(Protocol):
    """A way to a person."""

    def send(self, letter: Letter) -> None:
        """Hand the letter over; ChannelError where the other side did not take it."""


class ChannelError(QueqiaoError):
    """A letter was not taken. ``retry`` says whether sending the same letter later makes sense."""

    def __init__(self, message: str, *, retry: bool):
        self.retry = retry
        super().__init__(message)


def recipient(letter: Letter, kind: AddressKind) -> str:
    """Return the address of the letter in its stored form; a final ChannelError where it is not of this kind."""
    try:
        address = parse_address(letter.to)
    except QueqiaoError as error:
        raise ChannelError(str(error), retry=False) from None
    if address.kind is not kind:
        wrong = _("邮件只能发往电子邮箱。") if kind is AddressKind.EMAIL else _("短信只能发往手机号。")
        raise ChannelError(wrong, retry=False)
    return address.value
