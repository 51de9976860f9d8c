"""Model folders that a test builds: each character has a vector, and a text is what its characters are."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

WIDTH = 8
SPECIAL = ("[PAD]", "[UNK]", "[CLS]")
CHARACTERS = sorted(
    set("薄壁压铸件气孔控制真空率含氟废水深度除高工艺锆基吸附剂钛合金焊接头强度系数食堂一周菜谱铝锭表面耐寒锂电池")
)


def character_vectors(closer: Sequence[str] = ()) -> Mapping[str, np.ndarray]:
    """Return a direction for each character, always the same; the characters of a string in ``closer`` share one."""
    rng = np.random.default_rng(7)
    vectors = {one: rng.normal(size=WIDTH).astype(np.float32) for one in (*SPECIAL, *CHARACTERS)}
    for group in closer:
        for one in group:
            vectors[one] = vectors[group[0]]
    return vectors


def build_plain(folder: Path, *, closer: Sequence[str] = (), rows: int | None = None, whole: bool = False) -> Path:
    """Write ``model.onnx`` and ``tokenizer.json``; the table has ``rows`` rows only where given."""
    folder.mkdir(parents=True, exist_ok=True)
    vectors = character_vectors(closer)
    tokenizer = Tokenizer(models.WordLevel({one: i for i, one in enumerate(vectors)}, unk_token=SPECIAL[1]))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A", special_tokens=[("[CLS]", 2)])
    tokenizer.save(str(folder / "tokenizer.json"))
    onnx.save(_graph(np.stack(list(vectors.values()))[:rows], whole=whole), str(folder / "model.onnx"))
    return folder


def _graph(table: np.ndarray, *, whole: bool) -> onnx.ModelProto:
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])]
    outputs = [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["b", "s", WIDTH])]
    if whole:
        nodes.append(helper.make_node("ReduceMax", ["last_hidden_state"], ["sentence_embedding"], axes=[1], keepdims=0))
        outputs.append(helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["b", WIDTH]))
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "s"]) for name in ("input_ids", "attention_mask")
    ]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, [numpy_helper.from_array(table, "table")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def build_sentence_transformers(folder: Path, *, pooling: str = "mean", longest: int = 64, width: int = WIDTH) -> Path:
    """Write the layout of sentence-transformers around the same model."""
    build_plain(folder)
    (folder / "onnx").mkdir()
    (folder / "model.onnx").rename(folder / "onnx" / "model.onnx")
    kinds = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(kinds)
    ]
    write(folder / "modules.json", modules)
    chosen = {"mean": "mean_tokens", "cls": "cls_token", "max": "max_tokens"}
    flags = {f"pooling_mode_{name}": kind == pooling for kind, name in chosen.items()}
    write(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": width, **flags})
    write(folder / "sentence_bert_config.json", {"max_seq_length": longest, "do_lower_case": False})
    return folder


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)
