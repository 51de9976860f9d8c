"""``queqiao evaluate``: how good a list of matches is, by the staff's own grades."""

import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from queqiao.cli.options import OptionParser, Options
from queqiao.core.errors import InputError
from queqiao.core.i18n import _
from queqiao.engine.ranking.metrics import auc, level_score, ndcg
from queqiao.imports.records import Judgement, MatchRow, read_judgements, read_matches


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The measures; None where the judgements or the matches allow none."""

    needs: int
    pairs: int
    unscored: int
    ndcg_at_10: float | None
    auc: float | None
    level_score: float | None


def summary() -> str:
    """Say in one line what the command does."""
    return _("用人工评定的关联度检验匹配结果：nDCG@10、AUC、1/(1+MAE)")


def add_options(parser: OptionParser) -> None:
    """Declare the options."""
    parser.add_path("--judgements", _("评定表，含 need_id、achievement_id、level（1 到 4）"), required=True)
    parser.add_path("--matches", _("match 命令的结果表"), required=True)
    parser.add_switch("--json", _("以 JSON 输出"))


def run(options: Options) -> int:
    """Evaluate and print; returns 0."""
    judgements = read_judgements(options.judgements)
    matches = read_matches(options.matches)
    result = evaluate(judgements, matches)
    if result.unscored == result.pairs:
        raise InputError(_("没有一对出现在评定表中；请核对编号，或用 --pairs 为评定的对评分。"), path=options.matches)
    sys.stdout.write(json.dumps(asdict(result)) + "\n" if options.json else _table(result))
    return 0


def evaluate(judgements: Sequence[Judgement], matches: Sequence[MatchRow]) -> Evaluation:
    """Measure the matches against the judgements, averaged over needs.

    A judged pair without a match counts as ranked last (such pairs in the order of their ids) and has no level.
    """
    found = {(row.need_id, row.candidate_id): row for row in matches}
    by_need: dict[str, list[Judgement]] = defaultdict(list)
    for judgement in judgements:
        by_need[judgement.need_id].append(judgement)
    orders, areas = [], []
    for judged in by_need.values():
        scored = [(_score(found, one), one) for one in judged]
        scored.sort(key=lambda entry: (-entry[0], entry[1].achievement_id))
        orders.append(ndcg([one.level for _score_, one in scored]))
        areas.append(auc([score for score, _one in scored], [one.level >= 3 for _score_, one in scored]))
    levels = [
        (row.level, one.level)
        for one in judgements
        if (row := found.get((one.need_id, one.achievement_id))) is not None and row.level is not None
    ]
    unscored = sum((one.need_id, one.achievement_id) not in found for one in judgements)
    return Evaluation(
        needs=len(by_need),
        pairs=len(judgements),
        unscored=unscored,
        ndcg_at_10=_mean(orders),
        auc=_mean(areas),
        level_score=level_score([p for p, _j in levels], [j for _p, j in levels]) if levels else None,
    )


def _score(found: dict[tuple[str, str], MatchRow], judgement: Judgement) -> float:
    row = found.get((judgement.need_id, judgement.achievement_id))
    return float("-inf") if row is None else row.score


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _table(result: Evaluation) -> str:
    def shown(value: float | None) -> str:
        return _("无") if value is None else f"{value:.4f}"

    lines = [
        _("评定：{needs} 条需求，{pairs} 对，其中 {unscored} 对没有匹配结果").format(
            needs=result.needs, pairs=result.pairs, unscored=result.unscored
        ),
        f"nDCG@10    {shown(result.ndcg_at_10)}",
        f"AUC        {shown(result.auc)}",
        f"1/(1+MAE)  {shown(result.level_score)}",
    ]
    return "\n".join(lines) + "\n"
