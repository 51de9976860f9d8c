"""How letters reach people: e-mail, short messages, a WeCom group, and the console where nothing is set up yet."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from queqiao.accounts.channels.addresses import Address, AddressKind, mask_mobile, parse_address, parse_contact
from queqiao.accounts.channels.console import ConsoleChannel
from queqiao.accounts.channels.letters import Channel, ChannelError, Letter
from queqiao.accounts.channels.sms import SmsChannel, read_sms
from queqiao.accounts.channels.smtp import SmtpChannel, read_smtp
from queqiao.accounts.channels.wecom import WecomChannel, read_wecom

__all__ = [
    "WECOM",
    "Address",
    "AddressKind",
    "Channel",
    "ChannelError",
    "Channels",
    "ConsoleChannel",
    "Letter",
    "SmsChannel",
    "SmtpChannel",
    "WecomChannel",
    "choose",
    "has_group",
    "mask_mobile",
    "parse_address",
    "parse_contact",
    "read_channels",
]

WECOM = "wecom"


@dataclass(frozen=True, slots=True)
class Channels:
    """The channel of each kind of address, as the site is set up."""

    email: Channel
    mobile: Channel
    wecom: Channel


def read_channels(source: Mapping[str, str] = os.environ) -> Channels:
    """Read all channels from the environment; SettingError names the setting that cannot be used."""
    console = ConsoleChannel()
    return Channels(read_smtp(source) or console, read_sms(source) or console, read_wecom(source) or console)


def has_group(*, source: Mapping[str, str] = os.environ) -> bool:
    """Whether a WeCom group is set up, to which the site writes what the staff should know."""
    return bool(source.get("QUEQIAO_WECOM_WEBHOOK") or source.get("QUEQIAO_WECOM_WEBHOOK_FILE"))


def choose(address: str, *, source: Mapping[str, str] = os.environ) -> Channel:
    """Return the channel for an e-mail address, a mobile number or the word "wecom".

    Where its channel is not set up, letters go to the console. QueqiaoError for a text that is no address.
    """
    channels = read_channels(source)
    if address == WECOM:
        return channels.wecom
    return channels.email if parse_address(address).kind is AddressKind.EMAIL else channels.mobile
