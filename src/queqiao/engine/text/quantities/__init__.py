"""Technical indicators: quantity, comparison, value or range, unit and condition, with their places."""

from queqiao.engine.text.quantities.demands import find_demands, without_repeats
from queqiao.engine.text.quantities.extract import extract_indicators
from queqiao.engine.text.quantities.gaps import Gap, GapStatus, compare_indicators
from queqiao.engine.text.quantities.model import Comparison, Indicator
from queqiao.engine.text.quantities.statements import find_stated

__all__ = [
    "Comparison",
    "Gap",
    "GapStatus",
    "Indicator",
    "compare_indicators",
    "extract_indicators",
    "find_demands",
    "find_stated",
    "without_repeats",
]
