"""Which encoder the operator has chosen; see docs/howto/encoder.md."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from queqiao.env import SettingError, is_near, read_given_secret, read_seconds, split_address

NAME, MODEL, KEY, TIMEOUT = "QUEQIAO_ENCODER", "QUEQIAO_ENCODER_MODEL", "QUEQIAO_ENCODER_KEY", "QUEQIAO_ENCODER_TIMEOUT"


@dataclass(frozen=True, slots=True)
class Address:
    """A server that answers as OpenAI's ``POST …/v1/embeddings`` does; ``timeout`` in seconds for each request."""

    url: str
    model: str
    key: str = field(repr=False)
    timeout: float


def read_configuration(source: Mapping[str, str] = os.environ) -> Address | Path | None:
    """Read the chosen encoder: an address, a folder, or None; SettingError for what cannot be used."""
    chosen = source.get(NAME, "").strip()
    if not chosen:
        return None
    if "://" not in chosen:
        return Path(chosen)
    parts = split_address(NAME, chosen, ("https", "http"))
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SettingError(f"{NAME}：地址中不能有用户名或参数，密钥请用 {KEY}。/ No user name, no query; use {KEY}.")
    if parts.scheme == "http" and not is_near(parts.hostname or ""):
        raise SettingError(f"{NAME}：公网地址请用 https。/ Use https for an address on the public network.")
    model = source.get(MODEL, "").strip()
    if not model:
        raise SettingError(f"{MODEL}：请写服务器上的模型名。/ Write the name of the model on the server.")
    key = read_given_secret(KEY, source=source)
    if not (key.isascii() and key.isprintable()):
        raise SettingError(f"{KEY}：密钥含有不能使用的字符。/ The key has signs that cannot be used.")
    timeout = read_seconds(TIMEOUT, default=20, source=source)  # below the 30 seconds that a lease lasts
    return Address(parts._replace(path=_whole(parts.path)).geturl(), model, key, timeout)


def _whole(path: str) -> str:
    """Return the path of the embeddings, however much of it was written."""
    path = path.rstrip("/")
    if path.endswith("/embeddings"):
        return path
    return f"{path}/embeddings" if path.endswith("/v1") else f"{path}/v1/embeddings"
