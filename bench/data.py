"""Where the measuring data lies, and how it is read. Nothing of it is ever copied into the repo."""

import csv
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
NEEDS_ACHIEVEMENTS = DATA / "needs-achievements"
INDICATORS = DATA / "indicators"
FAIR_ASSIGNMENT = DATA / "fair-assignment" / "midl"
RESEARCHERS = DATA / "experts" / "goldstandard"
FIELDS = DATA / "field-classification"
TITLES = DATA / "csl" / "cls_ctg"


def rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    """Return a table's rows by heading."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


@dataclass(frozen=True)
class Judged:
    """The judged needs: texts of both sides and the levels, ``judged[need] = {achievement: level}``."""

    needs: dict[str, tuple[str, str]]  # title, description
    achievements: dict[str, str]
    judged: dict[str, dict[str, int]]


def judged_needs() -> Judged:
    """Read the real needs, achievements and judgements."""
    judged: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows(NEEDS_ACHIEVEMENTS / "judgements.csv"):
        judged[row["need_id"]][row["achievement_id"]] = int(row["level"])
    needs = {row["id"]: (row["title"], row["description"]) for row in rows(NEEDS_ACHIEVEMENTS / "needs.csv")}
    achievements = {row["id"]: row["title"] for row in rows(NEEDS_ACHIEVEMENTS / "achievements.csv")}
    return Judged(needs, achievements, dict(judged))


@dataclass(frozen=True)
class Researchers:
    """Researchers' own papers in ten random profile sets, and how well they know given papers (1 to 5)."""

    papers: dict[str, tuple[str, str]]  # title, abstract
    profiles: dict[str, dict[str, list[str]]]
    ratings: dict[str, dict[str, float]]


def researchers() -> Researchers:
    """Read the self-rated expertise of researchers."""
    with (RESEARCHERS / "papers.jsonl").open(encoding="utf-8") as file:
        papers = {row["id"]: (row["title"] or "", row["abstract"] or "") for row in map(json.loads, file)}
    profiles = json.loads((RESEARCHERS / "profiles.json").read_text(encoding="utf-8"))
    ratings = {
        row["ParticipantID"]: {
            row[f"Paper{i}"]: float(row[f"Expertise{i}"]) for i in range(1, 11) if row.get(f"Paper{i}")
        }
        for row in rows(RESEARCHERS / "evaluations.tsv", "\t")
    }
    return Researchers(papers, profiles, ratings)


@dataclass(frozen=True)
class Fields:
    """Texts with the field that each belongs to: (text, label)."""

    train: list[tuple[str, str]]
    test: list[tuple[str, str]]


def disciplines(train: str) -> Fields:
    """Read abstracts with one of 67 disciplines; ``train`` names the table to learn from."""
    return Fields(*(_abstracts(FIELDS / f"{name}.json") for name in (train, "dev_few_all")))


def categories() -> Fields:
    """Read titles with one of 13 categories."""
    return Fields(*(_titles(TITLES / f"{name}.tsv") for name in ("train", "test")))


def _abstracts(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8") as file:
        return [(row["content"], row["label"]) for row in map(json.loads, file)]


def _titles(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8") as file:
        return [(text, label) for _prompt, text, label in (line.rstrip("\n").split("\t") for line in file)]
