"""Indicators on the shown half, through the command line and the set's own scorer."""

import csv
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.commands import queqiao, run
from bench.data import INDICATORS
from bench.table import Line


def measure(folder: Path) -> Iterator[Line]:
    """Yield F1 of exact values and of spans."""
    gold = INDICATORS / "indicators.jsonl"
    with gold.open(encoding="utf-8") as file:
        texts = [(row["id"], row["text"]) for row in map(json.loads, file)]
    with (folder / "texts.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "text"), *texts])
    queqiao("indicators", "--texts", folder / "texts.csv", "--out", folder / "found.jsonl")
    scored = run([sys.executable, str(INDICATORS / "score.py"), str(gold), str(folder / "found.jsonl")]).output
    for kind, label, bound in (("full", "exact values", 0.75), ("span", "spans", 0.85)):
        figures = re.search(rf"^{kind}\s+precision ([\d.]+)\s+recall ([\d.]+)\s+F1 ([\d.]+)", scored, re.MULTILINE)
        if figures is None:
            raise RuntimeError(scored)
        precision, recall, f1 = map(float, figures.groups())
        detail = f"at least {bound}; precision {precision:.3f}, recall {recall:.3f}"
        yield Line(f"indicators: F1 of {label}", f"{f1:.4f}", detail, f1 >= bound)
