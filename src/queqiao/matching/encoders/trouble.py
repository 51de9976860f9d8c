"""What can be wrong with an encoder, in one clause each; plain data until somebody reads it."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from queqiao.core.i18n import _, current_language
from queqiao.engine.ranking.semantic import EncoderError


class Trouble(StrEnum):
    """Why an encoder does not take part."""

    SETTING = "setting"
    PACKAGE = "package"
    NO_FOLDER = "no_folder"
    NO_FILE = "no_file"
    BAD_FILE = "bad_file"
    MODULES = "modules"
    POOLING = "pooling"
    INPUTS = "inputs"
    NO_RESULT = "no_result"
    LATE = "late"
    AWAY = "away"
    CERTIFICATE = "certificate"
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    WIDTH = "width"
    NUMBERS = "numbers"


Value = str | int | float
# Put into words only when somebody reads them, in his language.
_CLAUSES: Mapping[Trouble, Callable[[], str]] = {
    Trouble.SETTING: lambda: "{reason}",
    Trouble.PACKAGE: lambda: _("没有安装 {name}，读不了模型文件夹；运行 pip install onnxruntime tokenizers 安装"),
    Trouble.NO_FOLDER: lambda: _("没有 {place} 这个模型文件夹"),
    Trouble.NO_FILE: lambda: _("模型文件夹 {place} 里没有 {name}"),
    Trouble.BAD_FILE: lambda: _("模型文件夹 {place} 里的 {name} 读不懂，可能已损坏或版本不同"),
    Trouble.MODULES: lambda: _("模型文件夹 {place} 由 {name} 组成，这里只会 Transformer、Pooling、Normalize"),
    Trouble.POOLING: lambda: _("模型文件夹 {place} 的合并方式不是 mean 或 cls，这里不会"),
    Trouble.INPUTS: lambda: _("模型文件夹 {place} 的模型要 {name}，这里没有"),
    Trouble.NO_RESULT: lambda: _("模型文件夹 {place} 的模型算不出结果，它和分词表可能不是一套"),
    Trouble.LATE: lambda: _("{place} 在 {seconds:g} 秒内没有答复"),
    Trouble.AWAY: lambda: _("连不上 {place}，或者它中途断开"),
    Trouble.CERTIFICATE: lambda: _("{place} 的证书不可信；请用 SSL_CERT_FILE 指明它的根证书"),
    Trouble.REFUSED: lambda: _("{place} 没有接受请求（{status}）；请核对地址、模型名和密钥"),
    Trouble.UNREADABLE: lambda: _("{place} 的答复不是所要的向量"),
    Trouble.WIDTH: lambda: _("{place} 给出 {found} 维的向量，应为 {expected} 维；模型若换过，请给它新的名称"),
    Trouble.NUMBERS: lambda: _("{place} 给出的向量里有不是数的值"),
}


class EncoderFailedError(EncoderError):
    """An encoder cannot be used; its text is one clause without a full stop, in the reader's language.

    ``values`` fill the clause's places; they hold no key and nothing of the texts.
    """

    def __init__(self, trouble: Trouble, **values: Value):
        super().__init__(trouble, values)
        self.trouble, self.values = trouble, values

    def __str__(self) -> str:
        values = dict(self.values)
        if self.trouble is Trouble.SETTING:
            values["reason"] = _in_one_language(str(values["reason"]))
        return _CLAUSES[self.trouble]().format(**values)


def _in_one_language(told: str) -> str:
    """Return the reader's half of what ``env`` says in both languages: 名称：中文。/ English."""
    chinese, both, english = told.partition("。/ ")
    if not both or current_language() != "en":
        return chinese
    return f"{chinese.partition('：')[0]}: {english}"


def wrong_setting(error: ValueError) -> EncoderFailedError:
    """Return a wrong setting as a reason why an encoder takes no part."""
    return EncoderFailedError(Trouble.SETTING, reason=str(error).rstrip("。. "))


def left_out(error: EncoderError) -> str:
    """Say in one sentence that an encoder takes no part, why, and what the results are."""
    return _("文本编码器没有参加排序：{reason}。结果按没有编码器时的方法得出。").format(reason=error)
