"""``make bench``: one table, with baselines measured in the same run."""

import sys
import tempfile
from pathlib import Path

from bench import assignment, experts, fields, indicators, learning, needs, one_need, retrieval, scale
from bench.data import DATA, judged_needs, researchers
from bench.table import ended


def main() -> int:
    """Measure everything; 1 where a gate was missed, 2 where the data is absent."""
    if not DATA.is_dir():
        print(f"没有测量数据：找不到 {DATA}。/ No measuring data: {DATA} is absent. Nothing was measured.")
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = [
            *needs.measure(judged_needs(), folder),
            *learning.measure(judged_needs(), folder),
            *retrieval.measure(),
            *indicators.measure(folder),
            *experts.measure(researchers(), folder),
            *fields.measure(folder),
            *assignment.measure(folder),
            *one_need.measure(folder / "one-need", one_need.IN_PASSING),
            *scale.measure(folder / "bulk"),
        ]
    return ended(lines)


if __name__ == "__main__":
    sys.exit(main())
