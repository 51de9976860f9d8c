"""Settings from the environment: each is read once, by a function that refuses what it does not understand."""

import ipaddress
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

TRUE, FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off", ""})


class SettingError(ValueError):
    """A setting has a value that cannot be used; the text names the setting and what is allowed."""


def read_flag(name: str, *, default: bool, source: Mapping[str, str] = os.environ) -> bool:
    """Read a yes or no; SettingError for any other word."""
    word = source.get(name)
    if word is None:
        return default
    if word.strip().lower() in TRUE | FALSE:
        return word.strip().lower() in TRUE
    raise SettingError(f"{name}={word!r}：请写 true 或 false。/ Write true or false.")


def read_list(name: str, *, default: tuple[str, ...] = (), source: Mapping[str, str] = os.environ) -> list[str]:
    """Read words separated by commas."""
    text = source.get(name)
    return list(default) if text is None else [word.strip() for word in text.split(",") if word.strip()]


def read_secret(name: str, file: Path, *, source: Mapping[str, str] = os.environ) -> str:
    """Read a secret from ``name``, or from the file that ``name_FILE`` names, or from ``file``.

    Where there is none, one is made and kept in ``file``, which only its owner may read.
    """
    if source.get(name):
        return source[name]
    named = source.get(f"{name}_FILE")
    path = Path(named) if named else file
    if path.exists():
        return path.read_text(encoding="ascii").strip()
    if named:
        raise SettingError(f"{name}_FILE={named!r}：文件不存在。/ The file does not exist.")
    path.parent.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_urlsafe(48)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(secret)
    return secret


def read_given_secret(name: str, *, source: Mapping[str, str] = os.environ) -> str:
    """Read a secret that somebody else gave: from ``name`` or from the file that ``name_FILE`` names; empty without."""
    if source.get(name):
        return source[name].strip()
    named = source.get(f"{name}_FILE")
    if not named:
        return ""
    try:
        return Path(named).read_text(encoding="utf-8").strip()
    except OSError:
        raise SettingError(f"{name}_FILE={named!r}：文件无法读取。/ The file cannot be read.") from None


def read_seconds(name: str, *, default: float, source: Mapping[str, str] = os.environ) -> float:
    """Read a length of time in seconds, above 0 and at most 300."""
    text = source.get(name)
    if not text:
        return default
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if 0 < seconds <= 300:
        return seconds
    raise SettingError(f"{name}={text!r}：请写 0 到 300 之间的秒数。/ Write seconds between 0 and 300.")


def split_address(name: str, address: str, schemes: tuple[str, ...]) -> SplitResult:
    """Cut the address of a server into its parts; SettingError, which never repeats the address, for a wrong one."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not address.isascii() or not address.isprintable() or " " in address:
        forms = ", ".join(f"{scheme}://…" for scheme in schemes)
        raise SettingError(f"{name}：请写下列形式的地址：{forms}。/ Write an address of one of these forms: {forms}.")
    return parts


def read_search(name: str, secret: str, *, source: Mapping[str, str] = os.environ) -> tuple[str, str]:
    """Read where the search index is: the address of a Milvus server and what it asks for; both empty without one.

    A local file ``….db`` is taken too; milvus-lite, which serves it, is for tests.
    """
    address, token = source.get(name, "").strip(), read_given_secret(secret, source=source)
    if not address:
        return "", ""
    if "://" not in address and address.endswith(".db"):
        return address, token
    parts = split_address(name, address, ("https", "http"))
    if parts.username or parts.password:
        raise SettingError(f"{name}：用户和密码请写在 {secret} 里。/ Write user and password into {secret}.")
    if token and parts.scheme == "http" and not is_near(parts.hostname or ""):
        raise SettingError(f"{name}：公网地址请用 https。/ Use https for an address on the public network.")
    return address, token


def read_cluster(name: str, *, source: Mapping[str, str] = os.environ) -> str:
    """Read the address of a Ray cluster, ``host:port`` or ``ray://host:port``; empty without one."""
    address = source.get(name, "").strip()
    if not address:
        return ""
    parts = split_address(name, address if "://" in address else f"ray://{address}", ("ray",))
    if parts.port:
        return address
    raise SettingError(f"{name}：请写 host:port 或 ray://host:port。/ Write host:port or ray://host:port.")


def is_near(host: str) -> bool:
    """Whether a host lies on this machine or in a private network, where a secret may travel unencrypted."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False


def read_database(name: str, folder: Path, *, source: Mapping[str, str] = os.environ) -> dict[str, object]:
    """Read where the database is: a PostgreSQL address, or SQLite in ``folder`` where none is given.

    SQLite runs with a write-ahead log and takes its write lock when a transaction begins, so that two writers wait
    for each other instead of failing half-way.
    """
    address = source.get(name)
    if not address:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": folder / "queqiao.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
            },
        }
    parts = urlsplit(address)
    if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise SettingError(
            f"{name}：请写 postgresql://user:password@host:port/database。/ Write an address of that form."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
    }
