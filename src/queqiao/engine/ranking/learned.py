"""A model learned from the staff's grades: which grade they would give a pair, and what that changes.

It is plain data. It knows the needs it was learned from better than new ones; what it changes is therefore said for
both, by ``Rules``. Without any it changes nothing.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queqiao.engine.ranking.gaussian import Scale, kernel
from queqiao.engine.ranking.pairs import FEATURES, PairTable, Vector

FORMAT = 1
THE_SAME = 0.9  # likeness of text and title from which on a need is one that was learned from
SHARE = 0.5  # of the learned order in the score, where the model orders at all
DECIMALS = 6  # of what is kept, and of an expected grade


class ModelError(ValueError):
    """What was read is no model, or one that this version cannot use; the text says which."""


class OtherVersionError(ModelError):
    """A model of another version of format, ranking or analyser."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a model changes for needs of one kind, new or known.

    ``orders`` and ``levels`` say whether it moves candidates and says levels. ``factor`` and ``offset`` turn a grade
    into a score; ``bounds`` are the grades from which on levels 2, 3 and 4 are given.
    """

    orders: bool
    levels: bool
    factor: float
    offset: float
    bounds: tuple[float, float, float]

    def part(self, score: float, expected: float) -> float:
        """Return what a pair's score gains: it ends half-way to the score that goes with the expected grade.

        ``learned = 0.5 · (offset + factor · expected - score)``; 0 where the model does not order.
        """
        return SHARE * (self.offset + self.factor * expected - score) if self.orders else 0.0

    def level(self, expected: float) -> int:
        """Return the level 1 to 4 that goes with an expected grade."""
        return level_within(self.bounds, expected)


@dataclass(frozen=True)
class Model:
    """What was learned; ``content`` is plain data and all there is.

    Made by ``learning.learn`` and read by ``read_model``.
    """

    content: Mapping[str, Any]

    @cached_property
    def version(self) -> str:
        """The version of the default ranking, and eight hexadecimal digits that change whenever the model does."""
        text = json.dumps({name: value for name, value in self.content.items() if name != "card"}, sort_keys=True)
        return f"{self.content['ranking']}+{hashlib.sha256(text.encode()).hexdigest()[:8]}"

    @cached_property
    def new(self) -> Rules:
        """Rules for needs that nobody has graded yet."""
        return _rules(self.content["new"])

    @cached_property
    def known(self) -> Rules:
        """Rules for needs of which some candidates were graded."""
        return _rules(self.content["known"])

    @property
    def is_useful(self) -> bool:
        """Whether it changes anything."""
        return any((self.new.orders, self.new.levels, self.known.orders, self.known.levels))

    @property
    def told(self) -> dict[str, Any]:
        """Which model it is, what it changes, what it was learned from, and its figures."""
        changes = {
            kind: {"orders": rules.orders, "levels": rules.levels}
            for kind, rules in (("new", self.new), ("known", self.known))
        }
        return {"version": self.version, "useful": self.is_useful, "changes": changes, **self.content["card"]}

    def rules(self, need: tuple[Vector, Vector]) -> Rules:
        """Return the rules for a need, by the vectors of its text and its title."""
        whole, title, _candidates = self._learned_from.sides
        alike = whole.cosines([need[0]]) + title.cosines([need[1]])
        return self.known if float(alike.max()) / 2 >= THE_SAME else self.new

    def expect(self, table: PairTable) -> NDArray[np.float64]:
        """Return the grade that the staff would give each pair, about 1 to 4."""
        if not len(table.scores):
            return np.zeros(0)
        expected = self.content["mean"] + kernel(table, self._learned_from, self._scale) @ self._weights
        rounded: NDArray[np.float64] = np.round(expected, DECIMALS)
        return rounded

    @cached_property
    def _scale(self) -> Scale:
        score, features = self.content["scale"]
        return Scale((score[0], score[1]), (tuple(features[0]), tuple(features[1])))

    @cached_property
    def _weights(self) -> NDArray[np.float64]:
        return np.array([row[-1] for row in self.content["pairs"]])

    @cached_property
    def _learned_from(self) -> PairTable:
        rows = self.content["pairs"]
        return PairTable(
            needs=[(whole, title) for whole, title in self.content["needs"]],
            candidates=self.content["candidates"],
            need_of=np.array([row[0] for row in rows], dtype=np.intp),
            candidate_of=np.array([row[1] for row in rows], dtype=np.intp),
            scores=np.array([row[2] for row in rows]),
            features=np.array([row[3:-1] for row in rows]),
        )


def _rules(plain: Mapping[str, Any]) -> Rules:
    second, third, fourth = (float(bound) for bound in plain["bounds"])
    if not (isinstance(plain["orders"], bool) and isinstance(plain["levels"], bool)):
        raise TypeError("yes or no")
    return Rules(
        plain["orders"], plain["levels"], float(plain["factor"]), float(plain["offset"]), (second, third, fourth)
    )


def level_within(bounds: Sequence[float], expected: float) -> int:
    """Return 1 plus how many of the bounds of levels 2, 3 and 4 an expected grade reaches."""
    return 1 + sum(expected >= bound for bound in bounds)


def plain_pairs(table: PairTable, weights: NDArray[np.float64]) -> dict[str, Any]:
    """Return the pairs learned from as plain data, rounded: a model is the same before and after it is written."""

    def rounded(vector: Mapping[str, float]) -> dict[str, float]:
        return {term: round(weight, DECIMALS) for term, weight in sorted(vector.items())}

    rows = zip(table.need_of, table.candidate_of, table.scores, table.features, weights, strict=True)
    return {
        "needs": [[rounded(whole), rounded(title)] for whole, title in table.needs],
        "candidates": [rounded(vector) for vector in table.candidates],
        "pairs": [
            [int(need), int(one), round(float(score), DECIMALS), *(round(float(v), DECIMALS) for v in values),
             round(float(weight), 9)]
            for need, one, score, values, weight in rows
        ],
    }  # fmt: skip


def write_model(model: Model) -> str:
    """Return a model as JSON."""
    return json.dumps(model.content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read_model(text: str, *, ranking: str, analyser: str) -> Model:
    """Return the model that a text holds; ModelError unless it fits this version of ranking and analyser."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise ModelError("not JSON") from error
    if not isinstance(content, dict):
        raise ModelError("no object")
    if content.get("format") != FORMAT:
        raise OtherVersionError(f"not of format {FORMAT}")
    if content.get("ranking") != ranking or content.get("analyser") != analyser:
        found = f"ranking {content.get('ranking')}, analyser {content.get('analyser')}"
        raise OtherVersionError(f"made for {found}; here are ranking {ranking}, analyser {analyser}")
    model = Model(content)
    _check(model)
    return model


def _check(model: Model) -> None:
    """Raise ModelError where anything is missing or of another shape, so that nothing fails while ranking."""
    content = model.content
    try:
        table = model._learned_from
        whole = (
            isinstance(content["card"], dict)
            and all(list(rules.bounds) == sorted(rules.bounds) for rules in (model.new, model.known))
            and table.features.shape[1:] == (len(FEATURES),)
            and len(model._scale.features[0]) == len(FEATURES)
            and table.need_of.max(initial=-1) < len(table.needs)
            and table.candidate_of.max(initial=-1) < len(table.candidates)
        )
        spread = [n for rules in (model.new, model.known) for n in (rules.factor, rules.offset, *rules.bounds)]
        numbers = [*model.expect(table.first(1)), *spread]
        whole = whole and bool(np.isfinite(numbers).all())
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ModelError(f"damaged ({type(error).__name__})") from error
    if not whole:
        raise ModelError("damaged")
