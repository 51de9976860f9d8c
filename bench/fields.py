"""Fields of texts, learned from few labelled ones, against a linear SVM on character n-grams in the same run."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from bench.commands import queqiao
from bench.data import Fields, categories, disciplines, rows
from bench.table import Line, mean, paired
from queqiao.engine.classification.calibration import calibration_error
from queqiao.imports.writing import write_csv

SEEDS = (0, 1, 2)  # of the SVM; our own classifier has no chance in it
TABLES = (("train_0", 0.03), ("train_few_all", 0.03))  # and the least that we are to gain
MOST_SECONDS = 20


def measure(folder: Path) -> Iterator[Line]:
    """Yield accuracy, paired gain, calibration and time for each size of the table to learn from."""
    for name, least in TABLES:
        yield from _measure(disciplines(name), folder, least)
    yield from _measure(categories(), folder, None)


def _measure(data: Fields, folder: Path, least: float | None) -> Iterator[Line]:
    what = f"fields: {len({label for _, label in data.train})} labels, {len(data.train):,} examples"
    ours, sure, seconds = _ours(data, folder)
    theirs = _svm(data)
    gain, low, high = paired(ours, theirs)
    passed = None if least is None else gain >= least
    yield Line(f"{what}, SVM on characters 1-3, accuracy", f"{mean(theirs):.4f}")
    yield Line(f"{what}, queqiao classify", f"{mean(ours):.4f}")
    yield Line(f"{what}, paired gain", f"{gain:+.4f}", f"[{low:+.4f}, {high:+.4f}] over the SVM", passed)
    right = np.array([ours[case] == 1 for case in sure])
    yield Line(f"{what}, calibration error", f"{calibration_error(np.array(list(sure.values())), right):.4f}")
    bound = None if least is None else seconds <= MOST_SECONDS
    yield Line(f"{what}, time", f"{seconds:.1f} s", "" if bound is None else f"at most {MOST_SECONDS} s", bound)


def _ours(data: Fields, folder: Path) -> tuple[dict[str, float | None], dict[str, float], float]:
    """Return for each text whether we were right and how sure we were, and the seconds it took."""
    train, texts, out = folder / "train.csv", folder / "texts.csv", folder / "fields.csv"
    write_csv(train, ("id", "text", "label"), [(i, *one) for i, one in enumerate(data.train)])
    write_csv(texts, ("id", "text"), [(i, text) for i, (text, _label) in enumerate(data.test)])
    finished = queqiao("classify", "--train", train, "--texts", texts, "--out", out)
    found = rows(out)
    right: dict[str, float | None] = {row["id"]: float(row["label"] == data.test[int(row["id"])][1]) for row in found}
    return right, {row["id"]: float(row["confidence"]) for row in found}, finished.seconds


def _svm(data: Fields) -> dict[str, float | None]:
    """Return for each text how often the baseline was right, over the seeds."""
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    known = vectors.fit_transform(text for text, _label in data.train)
    unknown = vectors.transform(text for text, _label in data.test)
    labels, truth = [label for _text, label in data.train], np.array([label for _text, label in data.test])
    right = [LinearSVC(random_state=seed).fit(known, labels).predict(unknown) == truth for seed in SEEDS]
    return {str(i): float(share) for i, share in enumerate(np.mean(right, axis=0))}
