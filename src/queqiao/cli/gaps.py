"""``queqiao gaps``: each indicator that a need demands beside what an achievement states of it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from queqiao.cli.options import OptionParser, Options
from queqiao.cli.progress import Progress
from queqiao.core.errors import InputError, QueqiaoError
from queqiao.core.i18n import _
from queqiao.engine.ranking.documents import Document, document_of
from queqiao.engine.records import Pair
from queqiao.engine.text.quantities import Gap, GapStatus, compare_indicators, find_demands, find_stated
from queqiao.imports.records import read_achievements, read_needs, read_pairs
from queqiao.imports.writing import check_writable, write_csv

HEADER = (
    "need_id", "achievement_id", "need_start", "need_end", "status", "need_part", "name", "required", "condition",
    "offered", "offered_part", "offered_start", "offered_end", "margin",
)  # fmt: skip
_TEXTS = ("name", "required", "condition", "offered")
_TITLE = "title"  # says what the need is about; the same figures stand in its description


def summary() -> str:
    """Say in one line what the command does."""
    return _("逐项对照需求要求的指标与成果写明的数值：达到、未达到或未说明")


def add_options(parser: OptionParser) -> None:
    """Declare the options."""
    parser.add_path("--needs", _("技术需求表，CSV 或 XLSX"), required=True)
    parser.add_path("--achievements", _("科技成果表，CSV 或 XLSX"), required=True)
    parser.add_path("--pairs", _("要对照的“需求—成果”对"), required=True)
    parser.add_output("--out", _("结果表，CSV 或 XLSX"), required=True)


def run(options: Options) -> int:
    """Compare and write; pairs with an unknown id are named and left out. Returns 0."""
    check_writable(options.out)
    needs = {need.id: document_of(need) for need in read_needs(options.needs)}
    achievements = {one.id: document_of(one) for one in read_achievements(options.achievements)}
    pairs, unknown = _known(options.pairs, needs.keys(), achievements.keys())
    for problem in unknown:
        Progress.say(str(problem))
    if not pairs:
        raise QueqiaoError(
            _("{path} 里没有一对的两个编号都认得，没有写出结果；请核对编号。").format(path=options.pairs)
        )
    with Progress(_("对照指标")) as progress:
        rows = list(_rows(needs, achievements, pairs, progress))
    write_csv(options.out, HEADER, rows, texts=_TEXTS)
    said = _("{pairs} 对，{rows} 项要求：{met} 项达到，{missed} 项未达到，{silent} 项未说明；写入 {path}。")
    met, missed, silent = (sum(row[4] == status for row in rows) for status in GapStatus)
    Progress.say(said.format(pairs=len(pairs), rows=len(rows), met=met, missed=missed, silent=silent, path=options.out))
    if unknown:
        Progress.say(_("{count} 对的编号不认得，已略过。").format(count=len(unknown)))
    return 0


def _known(path: Path, needs: Collection[str], achievements: Collection[str]) -> tuple[list[Pair], list[InputError]]:
    """Return the pairs whose ids stand in both tables, and for each other pair what is wrong with it."""
    known: list[Pair] = []
    unknown: list[InputError] = []
    for line, pair in read_pairs(path):
        if pair.need_id not in needs:
            message = _("需求表中没有编号 {id}，这一对已略过。").format(id=pair.need_id)
            unknown.append(InputError(message, path=path, line=line, column="need_id"))
        elif pair.achievement_id not in achievements:
            message = _("成果表中没有编号 {id}，这一对已略过。").format(id=pair.achievement_id)
            unknown.append(InputError(message, path=path, line=line, column="achievement_id"))
        else:
            known.append(pair)
    return known, unknown


def _rows(
    needs: Mapping[str, Document], achievements: Mapping[str, Document], pairs: Sequence[Pair], progress: Progress
) -> Iterator[tuple[object, ...]]:
    demands = {one: find_demands(needs[one].text, needs[one].extent("indicators")) for one, _other in _ids(pairs)}
    stated = {other: find_stated(achievements[other].text) for _one, other in _ids(pairs)}
    for done, (one, other) in enumerate(_ids(pairs), 1):
        for gap in compare_indicators(demands[one], stated[other]):
            row = _row(gap, needs[one], achievements[other])
            if row is not None:
                yield one, other, *row
        progress.show(done, len(pairs))


def _ids(pairs: Sequence[Pair]) -> list[tuple[str, str]]:
    return [(pair.need_id, pair.achievement_id) for pair in pairs]


def _row(gap: Gap, need: Document, achievement: Document) -> tuple[object, ...] | None:
    """Return what follows the ids in a line; None for a figure of the title."""
    place = need.place(gap.need.start, gap.need.end)
    if place.part == _TITLE:
        return None
    required = need.parts[place.part][place.start : place.end]
    asked = place.start, place.end, gap.status, place.part, gap.need.name, required, gap.need.condition or ""
    if gap.offered is None:
        return *asked, "", "", "", "", ""
    there = achievement.place(gap.offered.start, gap.offered.end)
    offered = achievement.parts[there.part][there.start : there.end]
    margin = "" if gap.margin is None else gap.margin
    return *asked, offered, there.part, there.start, there.end, margin
