"""``queqiao match``: from two lists to explained matches."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from queqiao.cli.options import OptionParser, Options
from queqiao.cli.progress import Progress
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _
from queqiao.engine.ranking.batch import Corpus, expert_shortlists, read_corpus, score_pairs, shortlists
from queqiao.engine.ranking.ranker import Match, Shortlist
from queqiao.engine.ranking.semantic import EncoderError
from queqiao.engine.records import Achievement, Need, Pair
from queqiao.engine.text.analyser import Analyser
from queqiao.imports.affinities import read_conflicts
from queqiao.imports.models import read_model_folder
from queqiao.imports.records import (
    known_ids,
    read_achievements,
    read_experts,
    read_needs,
    read_pairs,
    read_records,
    read_words,
)
from queqiao.imports.writing import check_writable, write_csv, write_text
from queqiao.matching.encoders import EncoderFailedError, open_encoder
from queqiao.matching.encoders.trouble import left_out
from queqiao.matching.report import render_report
from queqiao.matching.wording import expert_reasons, reasons

T = TypeVar("T")
Show = Callable[[int, int], None]  # done, of how many


def summary() -> str:
    """Say in one line what the command does."""
    return _("为每条需求在成果（或专家）中找出可对接的，排序并说明理由")


def add_options(parser: OptionParser) -> None:
    """Declare the options."""
    parser.add_path("--needs", _("技术需求表，CSV 或 XLSX"), required=True)
    parser.add_output("--out", _("结果表，CSV 或 XLSX"), required=True)
    parser.add_path("--achievements", _("科技成果表，CSV 或 XLSX"))
    parser.add_path("--experts", _("专家表，与 --records 同用，代替 --achievements"))
    parser.add_path("--records", _("专家的论文、专利、项目等业绩表"))
    parser.add_path("--conflicts", _("须回避的对，含 need、expert 两列，与 --experts 同用"))
    parser.add_path("--pairs", _("只为表中的“需求—成果”对评分，每对都有一行结果；与 --achievements 同用"))
    parser.add_output("--report", _("另写一份可直接打开的网页报告；与 --achievements 同用"))
    parser.add_path("--model", _("learn 命令写出的模型文件夹，按人工评级调整次序和等级；与 --achievements 同用"))
    parser.add_path("--words", _("领域词表，一行一词，分词时保持完整"))
    parser.add_count("--top", _("每条需求最多列出几个，默认 20"), default=20)


def run(options: Options) -> int:
    """Match and write the result; returns 0."""
    _check_combination(options)
    for path in (options.out, options.report):
        if path is not None:
            check_writable(path)
    analyser = Analyser(read_words(options.words) if options.words else ())
    needs = read_needs(options.needs)
    if options.experts:
        _match_experts(options, analyser, needs)
    else:
        _match_achievements(options, analyser, needs)
    return 0


def _check_combination(options: Options) -> None:
    if options.achievements and (options.experts or options.records):
        raise QueqiaoError(_("--achievements 不能与 --experts、--records 同用；请分两次匹配。"))
    if not (options.achievements or options.experts or options.records):
        raise QueqiaoError(_("请给出 --achievements，或者同时给出 --experts 和 --records。"))
    if bool(options.experts) != bool(options.records):
        raise QueqiaoError(_("--experts 和 --records 要一起给出。"))
    if options.experts and (options.pairs or options.report or options.model):
        raise QueqiaoError(_("--pairs、--report 和 --model 只能与 --achievements 同用。"))
    if options.conflicts and not options.experts:
        raise QueqiaoError(_("--conflicts 只能与 --experts 同用。"))
    if options.pairs and options.report:
        raise QueqiaoError(_("--report 展示推荐名单，不能与 --pairs 同用。"))


def _match_achievements(options: Options, analyser: Analyser, needs: tuple[Need, ...]) -> None:
    achievements = read_achievements(options.achievements)
    pairs = _known_pairs(options.pairs, needs, achievements) if options.pairs else None
    model = read_model_folder(options.model, analyser) if options.model else None
    with Progress(_("分析文本")) as progress:
        corpus = read_corpus(needs, achievements, analyser=analyser, model=model, progress=progress.show)
    _take_encoder(corpus)
    if pairs is not None:
        ranked = _ranked(corpus, _("为指定的对评分"), lambda show: list(score_pairs(corpus, pairs, progress=show)))
        scored = [match for some in ranked for match in some]
        _write_matches(options.out, corpus, scored)
        Progress.say(_("{count} 对已评分，写入 {path}。").format(count=len(scored), path=options.out))
        return
    lists = _ranked(corpus, _("匹配"), lambda show: list(shortlists(corpus, top=options.top, progress=show)))
    report = render_report(corpus, needs, achievements, lists) if options.report else None
    _write_matches(options.out, corpus, [match for one in lists for match in one.matches])
    if report is not None:
        write_text(options.report, report)
    _say_result(options, lists)


def _take_encoder(corpus: Corpus) -> None:
    """Let the encoder take part that the settings name; where it cannot be used, say so and go on without it."""
    try:
        corpus.ranker.encoder = open_encoder()
    except EncoderFailedError as error:
        Progress.say(left_out(error))


def _ranked(corpus: Corpus, stage: str, rank: Callable[[Show], T]) -> T:
    """Rank; where the encoder fails on the way, everything is ranked anew without it."""
    try:
        with Progress(stage) as progress:
            return rank(progress.show)
    except EncoderError as error:
        Progress.say(left_out(error))
        corpus.ranker.encoder = None
    with Progress(stage) as progress:
        return rank(progress.show)


def _match_experts(options: Options, analyser: Analyser, needs: tuple[Need, ...]) -> None:
    experts = read_experts(options.experts)
    known = {expert.id for expert in experts}, _("专家表中没有编号 {id}；请核对两张表。")
    items = read_records(options.records, {"expert_id": known})
    both = {"need": known_ids(needs, ())["need_id"], "expert": known}
    conflicts = read_conflicts(options.conflicts, both) if options.conflicts else ()
    with Progress(_("分析文本")) as progress:
        corpus = read_corpus(needs, items, analyser=analyser, progress=progress.show)
    with Progress(_("匹配")) as progress:
        found = expert_shortlists(corpus, experts, items, top=options.top, conflicts=conflicts, progress=progress.show)
        lists = list(found)
    header = ("need_id", "expert_id", "rank", "score", "level", "reasons")
    rows = [
        (match.need_id, match.expert_id, match.rank, f"{match.score:.6f}", match.level, expert_reasons(match))
        for one in lists
        for match in one.matches
    ]
    write_csv(options.out, header, rows, texts=("reasons",))
    silent = len({expert.id for expert in experts} - {item.expert_id for item in items})
    if silent:
        Progress.say(_("{count} 位专家没有业绩记录，未参加排序。").format(count=silent))
    if conflicts:
        Progress.say(_("{count} 对须回避，没有列入名单。").format(count=len(conflicts)))
    empty = sum(not one.matches for one in lists)
    Progress.say(
        _("{needs} 条需求：{found} 条找到专家，{empty} 条没有合适的专家；写入 {path}。").format(
            needs=len(lists), found=len(lists) - empty, empty=empty, path=options.out
        )
    )


def _known_pairs(path: Path, needs: Sequence[Need], achievements: Sequence[Achievement]) -> tuple[Pair, ...]:
    return tuple(pair for _line, pair in read_pairs(path, known_ids(needs, achievements)))


def _write_matches(path: Path, corpus: Corpus, matches: Sequence[Match]) -> None:
    header = ("need_id", "achievement_id", "rank", "score", "level", "reasons")
    write_csv(path, header, _rows(corpus, matches), texts=("reasons",))


def _rows(corpus: Corpus, matches: Sequence[Match]) -> Iterator[tuple[object, ...]]:
    needs = {need.id: need for need in corpus.needs}
    for match in matches:
        text = reasons(match, needs[match.need_id], corpus.candidates[corpus.rows[match.candidate_id]])
        yield match.need_id, match.candidate_id, match.rank, f"{match.score:.6f}", match.level, text


def _say_result(options: Options, lists: Sequence[Shortlist]) -> None:
    empty = sum(not one.matches for one in lists)
    Progress.say(
        _("{needs} 条需求：{found} 条找到候选成果，{empty} 条没有合适的成果；写入 {path}。").format(
            needs=len(lists), found=len(lists) - empty, empty=empty, path=options.out
        )
    )
    if options.report:
        Progress.say(_("报告：{path}，用浏览器打开。").format(path=options.report))
