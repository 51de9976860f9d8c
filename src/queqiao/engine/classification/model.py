"""What was learned of labels, kept as plain arrays: it labels further texts one by one, without learning anew.

The statistics are those of the examples. A further text is read under them; a term that no example has counts in its
length only, as a term that stands in one text.
"""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from queqiao.engine.classification.calibration import Calibration
from queqiao.engine.classification.learners import bayes_of, centred
from queqiao.engine.classification.likeness import Weighed
from queqiao.engine.classification.vectors import Vocabulary
from queqiao.engine.text.analyser import Analyser

DECIMALS = 4  # of a confidence
_BETWEEN = "\0"  # no term holds it

Floats = NDArray[np.float64]
Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Guess:
    """The likeliest label, its chance (0 to 1, four decimals) and the second likeliest label."""

    label: str
    confidence: float
    second: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What held-out examples tell: how scores become confidences, and how far these can be believed.

    See ``Classification`` for the three figures.
    """

    calibration: Calibration
    accuracy: float
    calibration_error: float
    trusted_from: float


@dataclass(frozen=True)
class Model:
    """Labels, of which of them words are known, the vocabulary, the weights of both learners, and what was measured."""

    labels: tuple[str, ...]
    worded: Floats
    vocabulary: Vocabulary
    worth: Weighed
    rest: Floats
    lacking: sparse.csr_array
    measured: Measured

    def suggest(self, text: str, analyser: Analyser) -> Guess | None:
        """Return the likeliest labels of a text; None where too few guesses of that confidence were right."""
        vector = self.vocabulary.vector(text, analyser)
        if not vector.nnz:
            return None
        calibration = self.measured.calibration
        ridge, bayes = centred(self.worth.of(vector)), bayes_of(vector, self.rest, self.lacking)
        chances = calibration.chances(ridge, bayes, self.worded)
        confidence = float(calibration.confidences(chances)[0].round(DECIMALS))
        if confidence < self.measured.trusted_from:
            return None
        first, second = np.argsort(-chances[0], kind="stable")[:2]
        return Guess(self.labels[first], confidence, self.labels[second])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything as arrays of numbers, from which ``of_arrays`` makes the same model."""
        measured, worth = self.measured, self.worth
        calibration = measured.calibration
        figures = (
            *astuple(calibration),
            *(measured.accuracy, measured.calibration_error, measured.trusted_from),
        )
        return {
            "calibration": np.array(figures),
            "documents": np.array(self.vocabulary.documents),
            "idf": self.vocabulary.idf,
            "labels": _packed(self.labels),
            "worded": self.worded,
            **{f"terms{place}": _packed(terms) for place, terms in enumerate(self.vocabulary.terms)},
            **{name: getattr(worth, name) for name in _PLAIN},
            **_split("rows", worth.rows),
            "rest": self.rest,
            **_split("lacking", self.lacking),
        }

    @classmethod
    def of_arrays(cls, arrays: Arrays) -> Self:
        """Return the model that ``arrays`` wrote; KeyError or ValueError for anything else."""
        *calibration, accuracy, error, trusted = map(float, arrays["calibration"])
        terms = tuple(_unpacked(arrays[f"terms{place}"]) for place in range(3))
        vocabulary = Vocabulary(terms, arrays["idf"], int(arrays["documents"]))
        columns = len(vocabulary.idf)
        return cls(
            labels=_unpacked(arrays["labels"]),
            worded=arrays["worded"],
            vocabulary=vocabulary,
            worth=Weighed(_joined("rows", arrays, columns), **{name: arrays[name] for name in _PLAIN}),
            rest=arrays["rest"],
            lacking=_joined("lacking", arrays, columns),
            measured=Measured(Calibration(*calibration), accuracy, error, trusted),
        )


_PLAIN = ("mean", "to_mean", "lengths", "anchors", "near", "company")


def _packed(texts: tuple[str, ...]) -> NDArray[np.uint8]:
    return np.frombuffer(_BETWEEN.join(texts).encode(), dtype=np.uint8)


def _unpacked(letters: NDArray[Any]) -> tuple[str, ...]:
    return tuple(letters.tobytes().decode().split(_BETWEEN)) if letters.size else ()


def _split(name: str, matrix: sparse.csr_array) -> dict[str, NDArray[Any]]:
    return {f"{name}_data": matrix.data, f"{name}_columns": matrix.indices, f"{name}_starts": matrix.indptr}


def _joined(name: str, arrays: Arrays, columns: int) -> sparse.csr_array:
    starts = arrays[f"{name}_starts"]
    parts = (arrays[f"{name}_data"], arrays[f"{name}_columns"], starts)
    return sparse.csr_array(parts, shape=(len(starts) - 1, columns))
