"""The classifier: labels for texts, each with its confidence and the runner-up."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from queqiao.engine.classification.calibration import Calibration, calibrate, calibration_error, trusted_from
from queqiao.engine.classification.disciplines import describe
from queqiao.engine.classification.learners import bayes_scores, bayes_weights, ridge_scores, ridge_weights
from queqiao.engine.classification.likeness import Likeness, Weighed
from queqiao.engine.classification.model import DECIMALS, Guess, Measured, Model
from queqiao.engine.classification.vectors import Vocabulary, read_texts
from queqiao.engine.progress import Progress, silent
from queqiao.engine.text.analyser import Analyser

MOST_EXAMPLES = 10_000  # memory grows with the square: 8,000 titles take 2 GB
FOLDS = 5
_AT_ONCE = 1000  # texts

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]


@dataclass(frozen=True, slots=True, order=True)
class Example:
    """A text that somebody labelled."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Classification:
    """A guess for each text, and how far guesses can be believed: measured on labelled texts that were held out.

    ``accuracy`` and ``calibration_error`` run from 0 to 1. Guesses of at least the confidence ``trusted_from`` were
    right four times in five; it is infinite where none were.
    """

    guesses: tuple[Guess, ...]
    accuracy: float
    calibration_error: float
    trusted_from: float

    @property
    def suggestions(self) -> tuple[str, ...]:
        """The labels that may be shown to a person unasked; "" where the classifier abstains."""
        return tuple(one.label if one.confidence >= self.trusted_from else "" for one in self.guesses)


@dataclass(frozen=True)
class Corpus:
    """Vectors of the examples in their order, of what describes the labels, and of the texts to be classified.

    ``described`` has the number of the label for each description.
    """

    examples: tuple[Example, ...]
    labels: tuple[str, ...]
    described: Numbers
    vectors: sparse.csr_array
    vocabulary: Vocabulary

    @property
    def numbers(self) -> Numbers:
        """The number of each example's label."""
        place = {label: number for number, label in enumerate(self.labels)}
        return np.array([place[one.label] for one in self.examples], dtype=np.intp)

    @property
    def labelled(self) -> int:
        """How many of the first rows have a label: the examples and the descriptions."""
        return len(self.examples) + len(self.described)

    @property
    def worded(self) -> Floats:
        """1 for each label of which more than its name is known, else 0."""
        return (np.bincount(self.described, minlength=len(self.labels)) > 1).astype(float)

    @property
    def texts(self) -> Numbers:
        """The rows of the examples and of the texts to be classified."""
        return np.concatenate([np.arange(len(self.examples)), np.arange(self.labelled, self.vectors.shape[0])])


def read_corpus(
    examples: Sequence[Example],
    texts: Sequence[str],
    *,
    more_labels: Iterable[str] = (),
    analyser: Analyser,
    progress: Progress = silent,
) -> Corpus:
    """Turn all texts into vectors; the order of the examples does not matter.

    Of ``more_labels`` there need be no example; those of which no words are known are left out.
    Raises ValueError for fewer than two labels or more than MOST_EXAMPLES examples.
    """
    worded = (label for label in more_labels if len(describe(label)) > 1)
    labels = tuple(sorted({*(one.label for one in examples), *worded}))
    if len(labels) < 2:
        raise ValueError("at least two labels are needed")
    if len(examples) > MOST_EXAMPLES:
        raise ValueError(f"at most {MOST_EXAMPLES} examples are possible")
    ordered = tuple(sorted(examples))
    descriptions = [(number, text) for number, label in enumerate(labels) for text in describe(label)]
    described = np.array([number for number, _text in descriptions], dtype=np.intp)
    every = [*(one.text for one in ordered), *(text for _number, text in descriptions), *texts]
    return Corpus(ordered, labels, described, *read_texts(every, analyser, progress))


def classify(corpus: Corpus, *, progress: Progress = silent) -> Classification:
    """Learn from the examples, measure on those held out in turn, and label every text of the corpus."""
    learner = _Learner(corpus)
    rows = np.arange(corpus.labelled, corpus.vectors.shape[0])
    portions = [rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE)]
    steps = FOLDS + len(portions)
    measured = learner.measured(lambda done: progress(done, steps))
    guesses: list[Guess] = []
    for step, portion in enumerate(portions, FOLDS + 1):
        guesses.extend(_guesses(corpus, *learner.answers(measured.calibration, portion, *learner.scores(portion))))
        progress(step, steps)
    return Classification(tuple(guesses), measured.accuracy, measured.calibration_error, measured.trusted_from)


def learn(corpus: Corpus, *, progress: Progress = silent) -> Model:
    """Learn from the examples, measure on those held out in turn, and keep what labels further texts."""
    learner = _Learner(corpus)
    measured = learner.measured(lambda done: progress(done, FOLDS))
    worth, rest, lacking = learner.kept()
    return Model(corpus.labels, corpus.worded, corpus.vocabulary, worth, rest, lacking, measured)


class _Learner:
    """Both learners over one corpus. What describes a label counts as examples of it (docs/why/classification.md)."""

    def __init__(self, corpus: Corpus):
        self._corpus = corpus
        self._vectors, self._count = corpus.vectors, len(corpus.labels)
        self._labels = np.concatenate([corpus.numbers, corpus.described])
        self._likeness = Likeness(corpus.vectors, corpus.labelled, corpus.texts)
        self._known = self._likeness.among_labelled
        self._shares = np.bincount(corpus.numbers, minlength=self._count) / len(corpus.examples)

    def measured(self, done: Callable[[int], None]) -> Measured:
        """Hold the examples out in turn and compare what is guessed of them with their labels."""
        numbers, folds = self._corpus.numbers, _folds(self._corpus)
        ridge, bayes = np.empty((len(folds), self._count)), np.empty((len(folds), self._count))
        for fold in range(FOLDS):
            rows = np.flatnonzero(folds == fold)
            ridge[rows], bayes[rows] = self.held_out(rows)
            done(fold + 1)
        calibration = calibrate(ridge, bayes, self._corpus.worded, numbers)
        chances, confidences = self.answers(calibration, np.arange(len(folds)), ridge, bayes)
        right = chances.argmax(axis=1) == numbers
        return Measured(
            calibration,
            accuracy=float(right.mean()),
            calibration_error=calibration_error(confidences, right),
            trusted_from=trusted_from(confidences, right),
        )

    def kept(self) -> tuple[Weighed, Floats, sparse.csr_array]:
        """Return the weights of both learners, learned from all examples."""
        weights = ridge_weights(self._known, self._labels, self._count)
        rest, lacking = bayes_weights(self._vectors[: len(self._labels)], self._labels, self._count)
        return self._likeness.weighed(weights), rest, lacking

    def held_out(self, rows: Numbers) -> tuple[Floats, Floats]:
        """Return both scores of some examples, learned from all the other examples."""
        kept = np.setdiff1d(np.arange(len(self._labels)), rows)
        return self._learned(kept, self._known[np.ix_(rows, kept)], rows)

    def scores(self, rows: Numbers) -> tuple[Floats, Floats]:
        """Return both scores of some texts, learned from all examples."""
        return self._learned(np.arange(len(self._labels)), self._likeness.to_labelled(rows), rows)

    def answers(self, calibration: Calibration, rows: Numbers, ridge: Floats, bayes: Floats) -> tuple[Floats, Floats]:
        """Return the chances of the labels and the confidences.

        Of a text without any terms nothing is known but how many of the examples have which label.
        """
        chances = calibration.chances(ridge, bayes, self._corpus.worded)
        confidences = calibration.confidences(chances)
        blank = np.diff(self._vectors.indptr)[rows] == 0
        chances[blank], confidences[blank] = self._shares, self._shares.max()
        return chances, confidences.round(DECIMALS)

    def _learned(self, kept: Numbers, unknown: Floats, rows: Numbers) -> tuple[Floats, Floats]:
        labels = self._labels[kept]
        ridge = ridge_scores(self._known[np.ix_(kept, kept)], unknown, labels, self._count)
        return ridge, bayes_scores(self._vectors[kept], self._vectors[rows], labels, self._count)


def _folds(corpus: Corpus) -> Numbers:
    """Spread each label's examples over the folds; the same text twice stays in one, or it would know itself."""
    folds: list[int] = []
    before: Example | None = None
    for example, number in zip(corpus.examples, corpus.numbers, strict=True):
        if before is None or before.label != example.label:
            folds.append(int(number) % FOLDS)
        else:
            folds.append(folds[-1] if before.text == example.text else (folds[-1] + 1) % FOLDS)
        before = example
    return np.array(folds, dtype=np.intp)


def _guesses(corpus: Corpus, chances: Floats, confidences: Floats) -> Iterator[Guess]:
    order = np.argsort(-chances, axis=1, kind="stable")[:, :2]
    for (first, second), confidence in zip(order, confidences, strict=True):
        yield Guess(corpus.labels[first], float(confidence), corpus.labels[second])
