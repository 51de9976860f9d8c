"""The card of a learned model in sentences: what it was learned from, how good it is, and what it changes."""

from collections.abc import Iterator, Mapping
from typing import Any

from queqiao.core.i18n import _
from queqiao.engine.ranking.learning import FEWEST_NEEDS


def card_text(card: Mapping[str, Any]) -> str:
    """Return the card, a sentence a line."""
    return "\n".join(card_lines(card)) + "\n"


def card_lines(card: Mapping[str, Any]) -> Iterator[str]:
    """Yield the sentences of what ``Model.told`` tells, in the language in use."""
    made = _("模型 {version}，{day} 学自 {grades} 条评级：{needs} 条需求（{titles} 个题目）、{candidates} 个候选。")
    yield made.format(
        day=card["made_on"], **{k: card[k] for k in ("version", "grades", "needs", "titles", "candidates")}
    )
    if card["left_out"]:
        yield _("评级太多，较早的 {count} 条没有用。").format(count=card["left_out"])
    noise = card["noise"]
    if noise["repeated"]:
        told = _(
            "评级的噪声：文字完全相同而评过几次的有 {repeated} 对，其中 {differing} 对评得不同，平均相差 {by:.2f} 级。"
        )
        yield told.format(repeated=noise["repeated"], differing=noise["differing"], by=noise["mean_difference"])
    yield _("下面的数来自轮流留出五分之一的检验，按需求配对，方括号内是 99% 区间。")
    yield from _figures(_("没有评过的需求"), card["figures"]["new"], card["changes"]["new"])
    yield from _figures(_("评过一部分候选的需求"), card["figures"]["known"], card["changes"]["known"])
    if card["figures"]["new"]["error"]["needs"] < FEWEST_NEEDS:
        yield _("评过的需求不到 {fewest} 条，分不出提高和巧合，所以不采用。").format(fewest=FEWEST_NEEDS)


def _figures(which: str, figures: Mapping[str, Any], changes: Mapping[str, bool]) -> Iterator[str]:
    order = _("{which}：nDCG@10 比默认 {gain}，AUC 比默认 {area}；次序{verdict}。")
    yield order.format(
        which=which,
        gain=_gain(figures["ndcg"]),
        area=_gain(figures["auc"]),
        verdict=_verdict(used=changes["orders"]),
    )
    before, after = figures["level_score"]
    level = _("{which}：等级误差比默认改善 {gain}，1/(1+MAE) 由 {before:.4f} 到 {after:.4f}；等级{verdict}。")
    yield level.format(
        which=which,
        gain=_gain(figures["error"]),
        before=before,
        after=after,
        verdict=_verdict(used=changes["levels"]),
    )


def _gain(gain: Mapping[str, Any]) -> str:
    return f"{gain['mean']:+.4f} [{gain['low']:+.4f}, {gain['high']:+.4f}]"


def _verdict(*, used: bool) -> str:
    return _("确有提高，用这个模型") if used else _("的提高没有把握，仍用默认")
