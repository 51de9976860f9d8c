"""``make bench-check``: whether the ranking has become worse than the results that stand in ``recorded.json``.

For every need, researcher or need with indicators our result is paired with the recorded one; a measure fails when the
whole 95 % bootstrap interval of the mean difference lies below zero. ``python -m bench.check record`` writes the
results of the code as it is, to be committed with the change that is meant to move them.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import experts, indicators, needs
from bench.data import DATA, judged_needs, researchers
from bench.table import Line, paired, show

RECORDED = Path(__file__).parent / "recorded.json"
Results = dict[str, dict[str, float | None]]  # by measure and case; None where a case cannot be measured


def main() -> int:
    """Compare or record; 1 where a measure has become worse, 2 where the data is absent."""
    if not DATA.is_dir():
        print(f"没有测量数据：找不到 {DATA}。/ No measuring data: {DATA} is absent. Nothing was compared.")
        return 2
    with tempfile.TemporaryDirectory() as name:
        found = measured(Path(name))
    if sys.argv[1:] == ["record"]:
        RECORDED.write_text(json.dumps(found, indent=0, sort_keys=True) + "\n", encoding="utf-8")
        return 0
    lines = list(compared(found, json.loads(RECORDED.read_text(encoding="utf-8"))))
    print(show(lines))
    return int(any(line.passed is False for line in lines))


def measured(folder: Path) -> Results:
    """Return our result for every case, the greater the better, rounded to six digits."""
    judged = judged_needs()
    scores, _levels = needs.ours(judged, folder)
    orders, areas = needs.per_need(judged, scores)
    losses = experts.our_losses(researchers(), folder)
    by_indicators = indicators.our_orders(folder)
    every = {
        "needs: nDCG@10": orders,
        "needs: AUC": areas,
        "experts: 1 - loss": {person: 1 - loss for person, loss in losses.items()},
        "indicators decide: nDCG@10": by_indicators,
    }
    return {
        measure: {case: None if value is None else round(value, 6) for case, value in results.items()}
        for measure, results in every.items()
    }


def compared(found: Results, recorded: Results) -> Iterator[Line]:
    """Yield a line for each measure; ValueError where the cases are not those that were recorded."""
    for measure, results in found.items():
        before = recorded.get(measure, {})
        if before.keys() != results.keys():
            raise ValueError(f"{measure}: other cases than those recorded; record anew")
        gain, low, high = paired(results, before)
        yield Line(measure, f"{gain:+.4f}", f"[{low:+.4f}, {high:+.4f}] against what was recorded", high >= 0)


if __name__ == "__main__":
    sys.exit(main())
