"""A model in a folder, run on this machine by onnxruntime, its texts cut by tokenizers."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queqiao.matching.encoders.layout import Layout, read_layout, unusable
from queqiao.matching.encoders.naming import version_of
from queqiao.matching.encoders.trouble import EncoderFailedError, Trouble
from queqiao.matching.encoders.vectors import check_width, unit_rows

AT_ONCE = 16  # texts that go through the model together
_NUMBERS = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
_KNOWN_INPUTS = frozenset({"input_ids", "attention_mask", "token_type_ids"})


class FolderEncoder:
    """A loaded model; ``layout`` says how it wants its texts. Made by ``load_folder``."""

    def __init__(self, layout: Layout, version: str):
        self.version, self.place, self._layout = version, str(layout.folder), layout
        runtime, tokenizers = _package("onnxruntime"), _package("tokenizers")
        try:
            self._tokenizer = tokenizers.Tokenizer.from_file(str(layout.tokenizer))
            self._tokenizer.enable_truncation(layout.longest)
            self._tokenizer.no_padding()
        except Exception as error:  # tokenizers raises plain exceptions
            raise unusable(Trouble.BAD_FILE, layout.folder, layout.tokenizer.name) from error
        options = runtime.SessionOptions()
        options.log_severity_level = 4  # what fails is raised and told once
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # pages need the processor, too
        try:
            self._session = runtime.InferenceSession(str(layout.model), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # of many kinds, all of onnxruntime's own
            raise unusable(Trouble.BAD_FILE, layout.folder, layout.model.name) from error
        self._inputs = {one.name: one.type for one in self._session.get_inputs()}
        if unknown := self._inputs.keys() - _KNOWN_INPUTS:
            raise unusable(Trouble.INPUTS, layout.folder, "、".join(sorted(unknown)))

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a vector for each text, as ``Encoder`` says; texts of like length go through the model together."""
        cut = self._tokenizer.encode_batch([text.lower() if self._layout.lower else text for text in texts])
        ids = [one.ids for one in cut]
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        pieces = [order[start : start + AT_ONCE] for start in range(0, len(order), AT_ONCE)]
        found = np.concatenate([self._vectors([ids[i] for i in piece]) for piece in pieces])
        if self._layout.width:
            check_width(found.shape[1], self._layout.width, place=self.place)
        back: NDArray[np.float32] = np.empty_like(found)
        back[order] = found
        return back

    def _vectors(self, ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        longest = max(1, *(len(row) for row in ids))
        mask = np.array([[1] * len(row) + [0] * (longest - len(row)) for row in ids], dtype=np.int64)
        padded = np.array([[*row, *[0] * (longest - len(row))] for row in ids], dtype=np.int64)
        given = {"input_ids": padded, "attention_mask": mask, "token_type_ids": np.zeros_like(mask)}
        try:
            outputs = self._session.run(
                None, {name: given[name].astype(_NUMBERS[kind]) for name, kind in self._inputs.items()}
            )
        except Exception as error:  # of many kinds, all of onnxruntime's own
            raise unusable(Trouble.NO_RESULT, self._layout.folder, self._layout.model.name) from error
        return unit_rows(self._pooled(outputs, mask), place=self.place)

    def _pooled(self, outputs: Sequence[Any], mask: NDArray[np.int64]) -> Any:
        """Return whole vectors, shape (texts, width): those that the model gives, or its tokens' brought together."""
        whole = next((one for one in outputs if np.ndim(one) == 2), None)
        tokens = next((one for one in outputs if np.ndim(one) == 3), None)
        if whole is not None and (tokens is None or not self._layout.pooling):
            return whole
        if tokens is None:
            raise EncoderFailedError(Trouble.UNREADABLE, place=self.place)
        if self._layout.pooling == "cls":
            return tokens[:, 0]
        counted = mask[:, :, None].astype(tokens.dtype)
        return (tokens * counted).sum(axis=1) / counted.sum(axis=1).clip(min=1)


def load_folder(folder: Path) -> FolderEncoder:
    """Load a model, once in a process while its files stay as they are; EncoderFailedError where it cannot be used."""
    layout = read_layout(folder.resolve())
    try:
        state = tuple((path, path.stat().st_size, path.stat().st_mtime_ns) for path in layout.files)
        return _loaded(layout, state)
    except OSError as error:
        raise unusable(Trouble.BAD_FILE, layout.folder, Path(str(error.filename)).name) from error


@lru_cache(maxsize=1)
def _loaded(layout: Layout, state: tuple[tuple[Path, int, int], ...]) -> FolderEncoder:
    digest = hashlib.sha256()
    for path, _size, _changed in state:
        digest.update(str(path.relative_to(layout.folder)).encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return FolderEncoder(layout, version_of(layout.folder.name, digest.hexdigest()))


def _package(name: str) -> Any:
    """Import one of the optional packages; EncoderFailedError where it is not installed."""
    try:
        return import_module(name)
    except ImportError:
        raise EncoderFailedError(Trouble.PACKAGE, name=name) from None
