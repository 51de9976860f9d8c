"""Where the site listens: ``QUEQIAO_BIND``, such as 127.0.0.1:8000 or [::1]:8000."""

import errno
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _

DEFAULT = "127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Address:
    """A host, without brackets, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_address(source: Mapping[str, str] = os.environ) -> Address:
    """Read where to listen; QueqiaoError where that is no address."""
    text = source.get("QUEQIAO_BIND") or DEFAULT
    host, _colon, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise QueqiaoError(_("QUEQIAO_BIND={text}：请写成 127.0.0.1:8000 的样子。").format(text=text))
    return Address(host.strip("[]"), int(port))


def check_free(address: Address) -> None:
    """Raise QueqiaoError with one sentence where one cannot listen there."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
            probe.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                message = _("{address} 已被别的程序占用；先停掉它，或者用 QUEQIAO_BIND 换一个端口。")
                raise QueqiaoError(message.format(address=address)) from error
            message = _("不能在 {address} 上提供服务（{detail}）；请检查 QUEQIAO_BIND。")
            raise QueqiaoError(message.format(address=address, detail=error.strerror)) from error
