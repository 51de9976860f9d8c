"""``queqiao assign``: which experts serve which need, within everybody's limits."""

import sys

import numpy as np

from queqiao.cli.options import OptionParser, Options
from queqiao.cli.progress import Progress
from queqiao.core.errors import InputError, QueqiaoError
from queqiao.core.i18n import _
from queqiao.engine.assignment.problem import Assignment, Problem
from queqiao.engine.assignment.shortages import Shortage, find_shortages
from queqiao.engine.assignment.solving import assign, assign_fairly
from queqiao.imports.affinities import Affinity, read_affinity
from queqiao.imports.writing import check_writable, write_csv

_MOST_NAMED = 5  # needs or experts in a sentence, and sentences in a complaint


def summary() -> str:
    """Say in one line what the command does."""
    return _("为每条需求指派专家：人数足、负荷不超、须回避的不派，合计最高或最公平")


def add_options(parser: OptionParser) -> None:
    """Declare the options."""
    help_affinity = _(
        "每位专家对每条需求的值：NPY 或 CSV 矩阵（行为专家，列为需求），或含 need、expert、value 三列的表"
    )
    parser.add_path("--affinity", help_affinity, required=True)
    parser.add_count("--per-need", _("每条需求派几位专家"), default=None)
    parser.add_count("--max-load", _("每位专家最多派往几条需求"), default=None)
    parser.add_output("--out", _("结果表，CSV 或 XLSX"), required=True)
    parser.add_count("--min-load", _("每位专家至少派往几条需求，不写则不限"), default=0)
    parser.add_path("--conflicts", _("须回避的对，含 need、expert 两列"))
    parser.add_switch("--fair", _("先让所得最少的需求尽量多得，再求合计最高"))


def run(options: Options) -> int:
    """Assign, write, and say how good it is; returns 0."""
    if options.min_load > options.max_load:
        raise QueqiaoError(_("--min-load 大于 --max-load；请改小前者或改大后者。"))
    check_writable(options.out)
    affinity = read_affinity(options.affinity, options.conflicts)
    problem = Problem.of(
        affinity.need,
        affinity.expert,
        affinity.value,
        needs=len(affinity.needs),
        experts=len(affinity.experts),
        per_need=options.per_need,
        max_load=options.max_load,
        min_load=options.min_load,
    )
    if options.fair:
        Progress.say(_("先求合计最好的指派，再逐次抬高所得最少的需求；表大、限制紧时要几分钟。"))
    with Progress(_("指派")) as progress:
        shortages = find_shortages(problem)
        if shortages:
            raise InputError(explain(shortages, affinity), path=options.affinity)
        assignment = assign_fairly(problem, progress=progress.show) if options.fair else assign(problem)
    rows = [
        (affinity.needs[problem.need[pair]], affinity.experts[problem.expert[pair]], repr(float(problem.value[pair])))
        for pair in assignment.pairs
    ]
    write_csv(options.out, ("need", "expert", "value"), rows, texts=("need", "expert"))
    sys.stdout.write(_figures(problem, assignment, affinity))
    Progress.say(_("{needs} 条需求已指派，写入 {path}。").format(needs=problem.needs, path=options.out))
    return 0


def explain(shortages: tuple[Shortage, ...], affinity: Affinity) -> str:
    """Say what is short, a sentence each, the first few of many."""
    lines = [_sentence(one, affinity) for one in shortages[:_MOST_NAMED]]
    if len(shortages) > _MOST_NAMED:
        lines.append(_("类似的还有 {count} 处。").format(count=len(shortages) - _MOST_NAMED))
    return _("无法指派，什么也没有写。") + "".join(f"\n{line}" for line in lines)


def _sentence(short: Shortage, affinity: Affinity) -> str:
    names = affinity.experts if short.of_experts else affinity.needs
    if len(short.members) == 1:
        one = (
            _("专家 {name} 只能派往 {available} 条需求，要求至少 {required} 条。")
            if short.of_experts
            else _("需求 {name} 只有 {available} 位可派的专家，要求 {required} 位。")
        )
    elif len(short.members) == len(names):
        one = (
            _("全部专家至少要派 {required} 人次，需求总共最多 {available} 人次。")
            if short.of_experts
            else _("总共要 {required} 人次，全部专家最多 {available} 人次。")
        )
    else:
        one = (
            _("专家 {name} 等 {count} 位至少要派 {required} 人次，他们可去的需求最多 {available} 人次。")
            if short.of_experts
            else _("需求 {name} 等 {count} 条共要 {required} 人次，可派往它们的专家最多 {available} 人次。")
        )
    shown = _("、").join(names[member] for member in short.members[:_MOST_NAMED])
    return one.format(name=shown, count=len(short.members), required=short.required, available=short.available)


def _figures(problem: Problem, assignment: Assignment, affinity: Affinity) -> str:
    """Return the figures: what was reached, and how far from the best it is at most."""
    worst = int(np.argmin(problem.served(assignment.pairs)))
    largest = float(np.abs(problem.value).max())
    distance = _distance(assignment.total, assignment.total_bound, largest)
    lines = [
        _("人次：{count}").format(count=assignment.pairs.size),
        _("合计：{value:.6g}，{distance}").format(value=assignment.total, distance=distance),
        _("平均每条需求：{value:.6g}").format(value=assignment.total / problem.needs),
        _("所得最少的需求：{name}，{value:.6g}").format(name=affinity.needs[worst], value=assignment.worst),
    ]
    if np.isfinite(assignment.worst_bound):
        distance = _distance(assignment.worst, assignment.worst_bound, largest)
        lines[-1] += _("，{distance}").format(distance=distance)
    return "\n".join(lines) + "\n"


def _distance(reached: float, bound: float, largest: float) -> str:
    """Say how far below the bound the value is; nearer than the solver can tell, a millionth, it is the best."""
    if bound - reached <= 1e-6 * (largest + abs(bound)):
        return _("已是最优")
    return _("最优不超过 {bound:.6g}，至多相差 {gap:.2g}").format(bound=bound, gap=bound - reached)
