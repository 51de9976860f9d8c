"""What a model folder holds, and how it wants its texts: read from the folder's own files.

Two layouts are known: that of sentence-transformers (``modules.json``, the poolings ``mean`` and ``cls``), and a plain
one, ``model.onnx`` and ``tokenizer.json``, which gives whole vectors or is averaged over its tokens. See
docs/howto/encoder.md.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from queqiao.matching.encoders.trouble import EncoderFailedError, Trouble

LONGEST = 512  # tokens, at the most: the memory of a model grows with their square
_KNOWN_MODULES = frozenset({"Transformer", "Pooling", "Normalize"})
_NAMES = ("onnx/model.onnx", "model.onnx")


@dataclass(frozen=True, slots=True)
class Layout:
    """A model folder, read: where its parts are, and what is done with them.

    ``pooling`` is "mean", "cls", or "" where the folder says nothing of it; ``width`` is what it says of its vectors,
    0 for nothing; ``longest`` in tokens.
    """

    folder: Path
    model: Path
    tokenizer: Path
    pooling: str
    width: int
    longest: int
    lower: bool

    @property
    def files(self) -> list[Path]:
        """All files on which a vector depends, in a steady order."""
        named = [self.model, self.tokenizer, *self.model.parent.glob("*.onnx_data*"), *self.folder.rglob("*.json")]
        return sorted({path for path in named if path.is_file()})


def read_layout(folder: Path) -> Layout:
    """Read what a folder says of itself; EncoderFailedError where something is missing or not known here."""
    if not folder.is_dir():
        raise EncoderFailedError(Trouble.NO_FOLDER, place=str(folder))
    there = folder / "modules.json"
    modules = _modules(folder, _read(folder, there)) if there.is_file() else {}
    base = folder / modules.get("Transformer", "")
    model = next((base / name for name in _NAMES if (base / name).is_file()), None)
    if model is None:
        raise unusable(Trouble.NO_FILE, folder, "model.onnx")
    tokenizer = base / "tokenizer.json"
    if not tokenizer.is_file():
        raise unusable(Trouble.NO_FILE, folder, tokenizer.name)
    pooling, width = "", 0
    if "Pooling" in modules:
        pooling, width = _pooling(folder, folder / modules["Pooling"] / "config.json")
    said = base / "sentence_bert_config.json"
    config = _read(folder, said) if said.is_file() else {}
    longest = config.get("max_seq_length") or LONGEST
    if not isinstance(longest, int) or longest < 3:
        raise unusable(Trouble.BAD_FILE, folder, said.name)
    return Layout(folder, model, tokenizer, pooling, width, min(longest, LONGEST), config.get("do_lower_case") is True)


def unusable(trouble: Trouble, folder: Path, name: str) -> EncoderFailedError:
    """Return the error that says why a folder cannot be used, and for what in it."""
    return EncoderFailedError(trouble, place=str(folder), name=name)


def _modules(folder: Path, entries: Any) -> dict[str, str]:
    """Return the path of each module by its kind; the last word of its type, as every version writes it."""
    try:
        found = {str(entry["type"]).rpartition(".")[2]: str(entry["path"]) for entry in entries}
    except (KeyError, TypeError):
        raise unusable(Trouble.BAD_FILE, folder, "modules.json") from None
    if found.keys() - _KNOWN_MODULES or not {"Transformer", "Pooling"} <= found.keys():
        raise unusable(Trouble.MODULES, folder, "、".join(found))
    return found


def _pooling(folder: Path, path: Path) -> tuple[str, int]:
    config = _read(folder, path)
    chosen = {name.removeprefix("pooling_mode_") for name, on in config.items() if on is True and "pooling_" in name}
    if isinstance(config.get("pooling_mode"), str):
        chosen = {config["pooling_mode"]}
    names = {"mean_tokens": "mean", "cls_token": "cls", "mean": "mean", "cls": "cls"}
    pooling = names.get(chosen.pop(), "") if len(chosen) == 1 else ""
    if not pooling:
        raise unusable(Trouble.POOLING, folder, path.name)
    width = config.get("word_embedding_dimension") or 0
    return pooling, width if isinstance(width, int) else 0


def _read(folder: Path, path: Path) -> Any:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise unusable(Trouble.BAD_FILE, folder, path.name) from None
    if not isinstance(content, list if path.name == "modules.json" else dict):
        raise unusable(Trouble.BAD_FILE, folder, path.name)
    return content
