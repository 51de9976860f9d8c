"""Ranking of researchers by how well they know a given paper, against TF-IDF in the same run."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from bench.commands import queqiao
from bench.data import Researchers, rows
from bench.table import Line, paired
from queqiao.imports.writing import write_csv

Predictions = dict[tuple[str, str], float]  # researcher, paper


def measure(data: Researchers, folder: Path) -> Iterator[Line]:
    """Yield the loss of our ranking and of the baseline, averaged over the profile sets."""
    mine = our_losses(data, folder)
    base = _mean([_losses(data, _tfidf(data, profile)) for _name, profile in sorted(data.profiles.items())])
    gain, low, high = paired(base, mine)
    yield Line("experts: TF-IDF, mean over items, loss", f"{np.mean(list(base.values())):.4f}")
    yield Line("experts: queqiao match, loss", f"{np.mean(list(mine.values())):.4f}")
    yield Line("experts: paired gain", f"{gain:+.4f}", f"[{low:+.4f}, {high:+.4f}] by researcher")


def our_losses(data: Researchers, folder: Path) -> dict[str, float]:
    """Return the loss of each researcher, the mean over the profile sets."""
    return _mean(
        [_losses(data, _ours(data, profile, folder / name)) for name, profile in sorted(data.profiles.items())]
    )


def _mean(losses: list[dict[str, float]]) -> dict[str, float]:
    return {person: float(np.mean([one[person] for one in losses])) for person in sorted(losses[0])}


def _ours(data: Researchers, profile: dict[str, list[str]], folder: Path) -> Predictions:
    folder.mkdir()
    papers = sorted({paper for rated in data.ratings.values() for paper in rated})
    write_csv(folder / "needs.csv", ("id", "title", "description"), [(one, *data.papers[one]) for one in papers])
    write_csv(folder / "experts.csv", ("id", "name"), [(person, person) for person in sorted(data.ratings)])
    records = [(person, one, *data.papers[one]) for person in sorted(data.ratings) for one in profile[person]]
    write_csv(folder / "records.csv", ("expert_id", "item_id", "title", "text"), records)
    call = ("--experts", folder / "experts.csv", "--records", folder / "records.csv", "--out", folder / "out.csv")
    queqiao("match", "--needs", folder / "needs.csv", *call, "--top", len(data.ratings))
    found = {(row["expert_id"], row["need_id"]): float(row["score"]) for row in rows(folder / "out.csv")}
    # A paper for which nobody's record fits gets no list: all researchers are then equal on it.
    return {(person, one): found.get((person, one), 0.0) for person, rated in data.ratings.items() for one in rated}


def _tfidf(data: Researchers, profile: dict[str, list[str]]) -> Predictions:
    ids = sorted(data.papers)
    vectors = TfidfVectorizer(stop_words="english", sublinear_tf=True).fit_transform(
        "\n".join(data.papers[i]) for i in ids
    )
    products = (vectors @ vectors.T).toarray()
    row = {one: i for i, one in enumerate(ids)}
    return {
        (person, one): float(np.mean([products[row[one], row[own]] for own in profile[person]]))
        for person, rated in data.ratings.items()
        for one in rated
    }


def _losses(data: Researchers, predicted: Predictions) -> dict[str, float]:
    """Return each researcher's share of wrongly ordered pairs, weighted by the difference of the ratings.

    A tie costs half (Stelmakh et al. 2023).
    """
    losses = {}
    for person, rated in data.ratings.items():
        cost = worst = 0.0
        for one, other in itertools.combinations(sorted(rated), 2):
            difference = rated[one] - rated[other]
            agreement = (predicted[person, one] - predicted[person, other]) * difference
            worst += abs(difference)
            cost += abs(difference) * (0.5 if agreement == 0 else float(agreement < 0))
        losses[person] = cost / worst if worst else 0.0
    return losses
