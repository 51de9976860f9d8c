"""How the site stands with its encoder: whether it took part the last time, and if not, why.

Kept in a small file of the data folder, so that the pages can tell and the runs need not wait for a server that has
just failed.
"""

import datetime
import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from queqiao.core.i18n import _
from queqiao.engine.ranking.semantic import Encoder, EncoderError
from queqiao.env import SettingError
from queqiao.matching.encoders.configuration import read_configuration
from queqiao.matching.encoders.opening import open_encoder
from queqiao.matching.encoders.trouble import EncoderFailedError, Trouble, left_out, wrong_setting

PAUSE = datetime.timedelta(seconds=60)  # for which a failed encoder is not asked again
_log = logging.getLogger("queqiao.matching")


@dataclass(frozen=True, slots=True)
class Standing:
    """What the last run that had an encoder found; ``version`` is "" where it could not even be opened."""

    at: datetime.datetime
    version: str
    failure: EncoderFailedError | None


def encoder_in_use(now: datetime.datetime, *, beat: Callable[[], object], at_once: bool) -> Encoder | None:
    """Return the encoder for a run of the site; None without one and where it cannot be used.

    Shortly after it failed it is left alone, save where it is wanted ``at_once``. ``beat`` is called again and again
    while it works.
    """
    try:
        encoder = open_encoder(beat=beat)
    except EncoderFailedError as error:
        _log.warning("%s", left_out(error))
        _write(Standing(now, "", error))
        return None
    last = _read()
    if encoder is None or at_once or last is None or last.failure is None or last.version != encoder.version:
        return encoder
    return None if abs(now - last.at) < PAUSE else encoder


def note_standing(encoder: Encoder | None, failure: EncoderError | None, now: datetime.datetime) -> None:
    """Keep what a run found of the encoder that it had; without one there is nothing to keep."""
    if encoder is not None:
        _write(Standing(now, encoder.version, failure if isinstance(failure, EncoderFailedError) else None))


def standing_told(moment: Callable[[datetime.datetime], str]) -> str:
    """Say in one or two sentences how the site stands with its encoder; "" where none is set."""
    try:
        if read_configuration() is None:
            return ""
    except SettingError as error:
        return left_out(wrong_setting(error))
    last = _read()
    if last is None:
        return _("已设置文本编码器，从下一次匹配起参加排序。")
    if last.failure is None:
        return _("文本编码器 {version} 参加了最近一次匹配（{time}）。").format(
            version=last.version, time=moment(last.at)
        )
    return _("{sentence}（{time}）恢复以后，在匹配工作台全部重新匹配一次。").format(
        sentence=left_out(last.failure), time=moment(last.at)
    )


def _file() -> Path:
    return Path(os.environ.get("QUEQIAO_DATA_DIR", "data")) / "encoder.json"


def _read() -> Standing | None:
    try:
        kept = json.loads(_file().read_text(encoding="utf-8"))
        failure = EncoderFailedError(Trouble(kept["trouble"]), **kept["values"]) if kept["trouble"] else None
        return Standing(datetime.datetime.fromisoformat(kept["at"]), kept["version"], failure)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(standing: Standing) -> None:
    failure = standing.failure
    kept = {
        "at": standing.at.isoformat(),
        "version": standing.version,
        "trouble": failure.trouble if failure else "",
        "values": failure.values if failure else {},
    }
    new = _file().with_suffix(".new")
    try:
        new.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        new.replace(_file())
    except OSError as error:
        _log.warning("how the encoder stands cannot be kept: %s", error)
