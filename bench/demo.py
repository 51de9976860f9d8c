"""How the demo city's texts compare with real ones: length, indicators, repetition."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from bench.data import judged_needs, rows
from bench.table import Line
from queqiao.engine.text.quantities import extract_indicators

CONTENT = Path(__file__).resolve().parent.parent / "src" / "queqiao" / "demo" / "content"
NEAR = 0.5


def measure() -> Iterator[Line]:
    """Yield the figures of the demo's needs beside those of the real ones, then those of its achievements."""
    ours = [
        f"{row['title']}。{row['problem']}{row['background']}{row['indicators']}"
        for path in sorted(CONTENT.glob("needs_*.csv"))
        for row in rows(path)
    ]
    real = [f"{title}。{text}" for title, text in judged_needs().needs.values()]
    results = [
        f"{row['title']}。{row['result']}{row['description']}{row['advantages']}"
        for path in sorted(CONTENT.glob("achievements_*.csv"))
        for row in rows(path)
    ]
    for label, texts in (("demo needs", ours), ("real needs", real), ("demo achievements", results)):
        yield Line(f"{label}: texts", str(len(texts)))
        low, middle, high = np.percentile([len(text) for text in texts], [10, 50, 90])
        yield Line(f"{label}: characters, 10/50/90 %", f"{low:.0f}/{middle:.0f}/{high:.0f}")
        share = np.mean([bool(extract_indicators(text)) for text in texts])
        yield Line(f"{label}: share with indicators", f"{share:.2f}")
        yield Line(f"{label}: near-duplicates (5-grams, Jaccard over {NEAR})", f"{near_duplicates(texts):.3f}")
        frame, times = most_used_frame(texts)
        passed = times <= 5 if label.startswith("demo") else None
        yield Line(f"{label}: most used sentence frame", str(times), frame, passed)


def near_duplicates(texts: Sequence[str]) -> float:
    """Return the share of texts that have another one with a Jaccard of character 5-grams above ``NEAR``."""
    grams = CountVectorizer(analyzer="char", ngram_range=(5, 5), binary=True).fit_transform(texts).astype(np.int32)
    shared = (grams @ grams.T).toarray()
    sizes = shared.diagonal()
    jaccard = shared / (sizes[:, None] + sizes[None, :] - shared)
    np.fill_diagonal(jaccard, 0)
    return float(np.mean(jaccard.max(axis=1) > NEAR))


def most_used_frame(texts: Sequence[str]) -> tuple[str, int]:
    """Return the frame that most texts share: a sentence's first and last four characters, numbers masked."""
    frames: Counter[str] = Counter()
    for text in texts:
        sentences = re.split(r"[。；！？\n]", re.sub(r"\d+(?:\.\d+)?", "0", text))
        frames.update({f"{s[:4]}…{s[-4:]}" for s in map(str.strip, sentences) if len(s) >= 12})
    return frames.most_common(1)[0]
