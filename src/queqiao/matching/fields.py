"""Which field a record belongs to: learned from what is published, by a run and never while somebody waits.

The model is a file of plain arrays in the data folder. What it is asked about goes nowhere else and is not kept.
"""

import logging
import os
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from queqiao.core import runs
from queqiao.core.models import Run, RunState
from queqiao.core.runs import RunContext
from queqiao.engine.classification.calibration import FEWEST_TO_MEASURE
from queqiao.engine.classification.classifier import Example, learn, read_corpus
from queqiao.engine.classification.model import Model
from queqiao.matching.documents import DESCRIPTIONS
from queqiao.needs.models import Need
from queqiao.records.choices import State
from queqiao.research.models import Achievement, Expert, Lab
from queqiao.search.entries import analyser
from queqiao.taxonomy.models import Node
from queqiao.taxonomy.queries import fields

LEARN = "matching.fields"
MOST = 3_000  # the newest; learning them takes some ten seconds
MOST_DRIFT = 0.1  # by which share the published records may grow or shrink before it is learned anew
SHORTEST = 8  # characters from which a text tells anything
_KINDS: tuple[Any, ...] = (Need, Achievement, Expert, Lab)
# A person's name tells nothing of his field.
_TEXTS = {kind: ("title", *names, "keywords") for kind, names in DESCRIPTIONS.items()} | {
    Expert.KIND: ("record", "keywords")
}
_log = logging.getLogger("queqiao.matching")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The likeliest field of a text, how likely it is (0 to 1), and the next one."""

    field: Node
    confidence: float
    second: Node | None


class NothingLearnedError(Exception):
    """There are too few published records to learn from, or none were learned from yet."""


def says_enough(kind: str, values: Mapping[str, str]) -> bool:
    """Whether the texts of a record are long enough to tell anything of its field."""
    return len(_text(kind, lambda name: values.get(name, ""))) >= SHORTEST


def suggest_field(kind: str, values: Mapping[str, str]) -> Suggestion | None:
    """Return the field that the texts of a record suggest; None where it is not sure.

    NothingLearnedError where there is no model. Takes some milliseconds; a process reads the model once.
    """
    path = _path()
    try:
        model = _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError as error:
        raise NothingLearnedError from error
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        _log.warning("what was learned of fields cannot be read and is learned anew: %s", error)
        path.unlink(missing_ok=True)
        raise NothingLearnedError from error
    guess = model.suggest(_text(kind, lambda name: values.get(name, "")), analyser())
    nodes = _nodes()
    if guess is None or guess.label not in nodes:
        return None
    return Suggestion(nodes[guess.label], guess.confidence, nodes.get(guess.second))


def learn_fields(context: RunContext) -> dict[str, Any]:
    """Learn from the published records that have one field; where they are too few, forget what was learned."""
    published, examples = _published(), _examples()
    if len(examples) < FEWEST_TO_MEASURE or len({one.label for one in examples}) < 2:
        _path().unlink(missing_ok=True)
        return {"published": published, "learned": 0}
    corpus = read_corpus(examples, (), more_labels=_narrowest(), analyser=analyser())
    model = learn(corpus, progress=context.progress)
    unfinished = _path().with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        np.savez_compressed(file, **model.arrays())  # type: ignore[arg-type]  # names of arrays, not options
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(_path())
    return {"published": published, "learned": len(examples), "accuracy": round(model.measured.accuracy, 4)}


def look_for_records() -> None:
    """Ask for learning where more or fewer records are published than were learned from, or the file is gone."""
    if Run.objects.filter(kind=LEARN, state__in=(RunState.QUEUED, RunState.RUNNING)).exists():
        return
    last = Run.objects.filter(kind=LEARN, state=RunState.DONE).order_by("-created_at").first()
    before: dict[str, Any] = (last.result if last else None) or {"published": 0, "learned": 0}
    grown = abs(_published() - before["published"]) > MOST_DRIFT * before["published"]
    if grown or (before["learned"] and not _path().exists()):
        runs.enqueue(LEARN, {}, by="system:matching")


def _path() -> Path:
    return Path(settings.DATA_DIR) / "fields.npz"


@lru_cache(maxsize=1)
def _read(path: Path, _changed: int) -> Model:
    with np.load(path, allow_pickle=False) as arrays:
        return Model.of_arrays(arrays)


def _published() -> int:
    return sum(model.objects.filter(state=State.PUBLISHED).count() for model in _KINDS)


def _narrowest() -> list[str]:
    """Return the names of the fields that hold no others: a record may be the first of its field."""
    nodes = _nodes()
    holding = {node.parent_id for node in nodes.values()}
    return [name for name, node in nodes.items() if node.pk not in holding]


def _examples() -> list[Example]:
    """Return the newest published records that have one field."""
    known, made = _nodes(), []
    for model in _KINDS:
        rows = model.objects.filter(state=State.PUBLISHED).prefetch_related("fields").order_by("-published_at", "pk")
        for record in rows[:MOST]:
            names = [node.name for node in record.fields.all()]
            if len(names) == 1 and names[0] in known:
                made.append((record.published_at, Example(names[0], _text(record.KIND, _getter(record)))))
    made.sort(key=lambda one: (one[0], one[1]), reverse=True)
    return [example for _at, example in made[:MOST]]


def _getter(record: Any) -> Callable[[str], str]:
    def get(name: str) -> str:
        value = getattr(record, name)
        return "、".join(map(str, value)) if isinstance(value, list) else str(value)

    return get


def _text(kind: str, get: Callable[[str], str]) -> str:
    texts = (get(name).strip() for name in _TEXTS[kind])
    return "\n".join(text for text in texts if text)


def _nodes() -> dict[str, Node]:
    """Return our fields by their names, without those of which there are two of a name."""
    nodes = list(fields())
    names = [node.name for node in nodes]
    return {node.name: node for node in nodes if names.count(node.name) == 1}
