"""What makes the page of a record persuade: the number in its sentence, a table of indicators, ways to cooperate."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from queqiao.core.i18n import lazy
from queqiao.engine.text.quantities import extract_indicators
from queqiao.records.choices import Cooperation
from queqiao.records.presenting import Face

# A number or a range, then what it is counted in.
_VALUE = re.compile(r"^(.*?\d[\d.,]*(?:\s*[~～\-–—至到±×]\s*\d[\d.,]*)*)\s*(.*)$", re.DOTALL)
_CLAUSE = re.compile("[，,；;。]")
# What each way means, costs and takes, as a rule; the contract decides.
MEANINGS: dict[str, Any] = {
    Cooperation.TRANSFER: lazy("所有权一次转给受让方，一次或分期付款，从签约到变更登记通常一至三个月。"),
    Cooperation.LICENCE: lazy("所有权不变，按约定的范围、期限和地域使用，多为入门费加提成，通常一个月左右可以签约。"),
    Cooperation.EQUITY: lazy("成果作价换取股权，现金投入少、风险共担；要评估和变更登记，通常三至六个月。"),
    Cooperation.JOINT_DEVELOPMENT: lazy("按任务书继续研发，企业承担约定的研发费用，成果归属事先写明，通常半年至两年。"),
    Cooperation.SERVICE: lazy("针对具体问题做检测、设计或咨询，按次或按工作量计费，通常几天至几个月。"),
    Cooperation.USE_FIRST_PAY_LATER: lazy("先试用，见效后再付许可费，前期几乎不花钱，试用期通常半年至一年。"),
}


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """An indicator as it was written, in its parts."""

    name: str
    value: str
    unit: str
    condition: str


def indicator_rows(text: str) -> list[IndicatorRow]:
    """Return the indicators that are found in a text, in the words in which they stand there; nameless ones not."""
    rows = []
    for found in extract_indicators(text):
        parts = _VALUE.match(text[found.start : found.end].strip())
        if found.name and parts:
            rows.append(IndicatorRow(found.name, parts[1].strip(), parts[2].strip(), found.condition or ""))
    return rows


def with_figure(text: str) -> tuple[str, str, str]:
    """Cut a sentence around the measured value that it leads to first, which the page shows larger.

    "From 510 to 565 degrees" leads to 565. A sentence without a measured value stays whole.
    """
    measured = extract_indicators(text)
    first = next((one for one in measured if one.name or one.unit), None)
    stop = _CLAUSE.search(text, first.end) if first else None
    end = stop.start() if stop else len(text)
    found = next((one for one in reversed(measured) if one.end <= end), None) if first else None
    return (text[: found.start], text[found.start : found.end], text[found.end :]) if found else (text, "", "")


def ways(face: Face, codes: Sequence[str]) -> list[tuple[str, str]]:
    """Return each way to cooperate that the reader sees with what it means; ``codes`` are as they are stored."""
    shown = face.get("cooperation", ())
    return [(str(word), str(MEANINGS.get(code, ""))) for word, code in zip(shown, codes, strict=False)]
