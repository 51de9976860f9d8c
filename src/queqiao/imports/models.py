"""A learned model in a folder: ``model.json``, plain data, and ``card.txt`` for people."""

from pathlib import Path

from queqiao.core.errors import InputError
from queqiao.core.i18n import _
from queqiao.engine.ranking.learned import Model, ModelError, OtherVersionError, read_model, write_model
from queqiao.engine.ranking.ranker import MODEL_VERSION
from queqiao.engine.text.analyser import Analyser
from queqiao.imports.writing import check_writable, write_text

MODEL, CARD = "model.json", "card.txt"


def check_folder(folder: Path) -> None:
    """Make the folder where it is missing; InputError where nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(_("文件夹无法建立（{reason}）。").format(reason=error.strerror), path=folder) from error
    check_writable(folder / MODEL)


def write_model_folder(folder: Path, model: Model, card: str) -> None:
    """Write a model and its card; what stood there under these names is replaced."""
    write_text(folder / CARD, card)
    write_text(folder / MODEL, write_model(model))


def read_model_folder(folder: Path, analyser: Analyser) -> Model:
    """Read a model that fits this version of the ranking and the analyser in use."""
    path = folder / MODEL
    if folder.is_file():
        raise InputError(_("这是一个文件；请给出 learn 命令写出的文件夹。"), path=folder)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        message = _("这里没有 learn 命令写出的模型；请检查路径。")
        raise InputError(message, path=folder) from error
    except OSError as error:
        message = _("模型无法读取（{reason}）；请给出 learn 命令写出的文件夹。")
        raise InputError(message.format(reason=error.strerror), path=path) from error
    except UnicodeDecodeError as error:
        raise InputError(_damaged(), path=path) from error
    try:
        return read_model(text, ranking=MODEL_VERSION, analyser=analyser.version)
    except OtherVersionError as error:
        raise InputError(_("这个模型是为另一个版本或另一份词表学的；请用 learn 命令重新学习。"), path=path) from error
    except ModelError as error:
        raise InputError(_damaged(), path=path) from error


def _damaged() -> str:
    return _("这不是可用的模型，可能已损坏；请用 learn 命令重新学习。")
