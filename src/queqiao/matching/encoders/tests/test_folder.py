"""A model in a folder on this machine: loaded as its own files say, refused with one sentence where they do not fit."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from queqiao.matching.encoders import EncoderFailedError
from queqiao.matching.encoders.folder import load_folder
from queqiao.matching.encoders.tests.tiny import (
    WIDTH,
    build_plain,
    build_sentence_transformers,
    character_vectors,
    unit,
    write,
)

VECTORS = character_vectors()
TEXTS = ["气孔率", "含氟废水深度除氟", "钛合金焊接", "氟"]


def mean(text: str, longest: int = 64) -> np.ndarray:
    return unit(np.mean([VECTORS["[CLS]"], *(VECTORS[one] for one in text)][:longest], axis=0))


def test_a_plain_folder_gives_the_mean_of_its_tokens_in_the_order_of_the_texts(tmp_path: Path):
    found = load_folder(build_plain(tmp_path / "模型")).encode(TEXTS)
    assert (found.shape, found.dtype) == ((4, WIDTH), np.float32)
    assert found == pytest.approx(np.stack([mean(text) for text in TEXTS]), abs=1e-6)


def test_a_text_has_the_same_vector_whatever_stands_beside_it(tmp_path: Path):
    encoder = load_folder(build_plain(tmp_path / "m"))
    many = ["氟" * (i % 40 + 1) for i in range(90)]
    together = encoder.encode(many)
    assert together == pytest.approx(np.concatenate([encoder.encode([one]) for one in many]), abs=1e-6)


def test_a_plain_model_that_gives_whole_vectors_is_taken_at_its_word(tmp_path: Path):
    (found,) = load_folder(build_plain(tmp_path / "m", whole=True)).encode(["气孔"])
    most = np.max([VECTORS["[CLS]"], VECTORS["气"], VECTORS["孔"]], axis=0)
    assert found == pytest.approx(unit(most), abs=1e-6)


def test_the_layout_of_sentence_transformers_says_how_tokens_are_brought_together(tmp_path: Path):
    by_mean = load_folder(build_sentence_transformers(tmp_path / "mean", longest=4)).encode(["含氟废水深度除氟"])
    assert by_mean[0] == pytest.approx(mean("含氟废水深度除氟", longest=4), abs=1e-6)  # cut at max_seq_length
    first = load_folder(build_sentence_transformers(tmp_path / "cls", pooling="cls")).encode(TEXTS)
    assert first == pytest.approx(np.stack([unit(VECTORS["[CLS]"])] * 4), abs=1e-6)


def test_newer_folders_name_the_pooling_in_one_word(tmp_path: Path):
    folder = build_sentence_transformers(tmp_path / "m")
    write(folder / "1_Pooling" / "config.json", {"embedding_dimension": WIDTH, "pooling_mode": "mean"})
    assert load_folder(folder).encode(["气孔"])[0] == pytest.approx(mean("气孔"), abs=1e-6)


def test_the_version_goes_with_what_is_in_the_folder_and_not_with_its_place(tmp_path: Path):
    folder = build_plain(tmp_path / "a" / "bge-small-zh")
    version = load_folder(folder).version
    assert version.startswith("bge-small-zh@")
    shutil.copytree(folder, tmp_path / "b" / "bge-small-zh")
    assert load_folder(tmp_path / "b" / "bge-small-zh").version == version
    build_plain(folder, closer=("气孔",))
    assert load_folder(folder).version != version
    long = load_folder(build_plain(tmp_path / ("很长的模型名称" * 6))).version
    assert len(long) == 27


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def spoil(name: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / name).write_bytes(b"\x00not this")

    return damage


def of_the_future(folder: Path) -> None:
    model = onnx.load(folder / "onnx" / "model.onnx")
    model.ir_version = 99
    onnx.save(model, folder / "onnx" / "model.onnx")


def with_a_dense_layer(folder: Path) -> None:
    kinds = ("Transformer", "Pooling", "Dense")
    write(folder / "modules.json", [{"path": "" if i == 0 else f"{i}", "type": f"x.{k}"} for i, k in enumerate(kinds)])


def with_greatest_values(folder: Path) -> None:
    write(folder / "1_Pooling" / "config.json", {"pooling_mode_max_tokens": True})


def with_positions(folder: Path) -> None:
    model = onnx.load(folder / "onnx" / "model.onnx")
    model.graph.input.append(onnx.helper.make_tensor_value_info("position_ids", onnx.TensorProto.INT64, ["b", "s"]))
    onnx.save(model, folder / "onnx" / "model.onnx")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (shutil.rmtree, "没有 .* 这个模型文件夹"),
        (remove("onnx/model.onnx"), "里没有 model.onnx"),
        (remove("tokenizer.json"), "里没有 tokenizer.json"),
        (remove("1_Pooling/config.json"), "config.json 读不懂"),
        (spoil("modules.json"), "modules.json 读不懂"),
        (spoil("tokenizer.json"), "tokenizer.json 读不懂"),
        (spoil("onnx/model.onnx"), "model.onnx 读不懂，可能已损坏或版本不同"),
        (of_the_future, "model.onnx 读不懂，可能已损坏或版本不同"),
        (with_a_dense_layer, "由 Transformer、Pooling、Dense 组成"),
        (with_greatest_values, "合并方式不是 mean 或 cls"),
        (with_positions, "要 position_ids"),
    ],
)  # fmt: skip
def test_a_folder_of_another_layout_or_version_is_refused_with_one_sentence(
    tmp_path: Path, change: Callable[[Path], None], told: str
):
    folder = build_sentence_transformers(tmp_path / "m")
    change(folder)
    with pytest.raises(EncoderFailedError, match=told):
        load_folder(folder)


def test_vectors_of_another_width_than_the_folder_says_are_refused(tmp_path: Path):
    encoder = load_folder(build_sentence_transformers(tmp_path / "m", width=384))
    with pytest.raises(EncoderFailedError, match="8 维的向量，应为 384 维"):
        encoder.encode(["气孔"])


def test_a_model_that_does_not_know_its_tokenizers_words_is_refused(tmp_path: Path):
    encoder = load_folder(build_plain(tmp_path / "m", rows=5))
    with pytest.raises(EncoderFailedError, match="算不出结果"):
        encoder.encode(["铸件"])


@pytest.mark.parametrize("name", ["onnxruntime", "tokenizers"])
def test_without_the_optional_packages_one_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    folder = build_plain(tmp_path / "m")
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(EncoderFailedError, match=f"没有安装 {name}"):
        load_folder(folder)
