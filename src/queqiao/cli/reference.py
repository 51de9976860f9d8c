"""Writes docs/reference from the code: ``python -m queqiao.cli.reference``.

A test compares the files with what is written here, so that the reference cannot tell anything but the truth.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from queqiao.cli import COMMANDS, command_parser, load_command
from queqiao.cli.running import open_site
from queqiao.core.i18n import language
from queqiao.imports import columns
from queqiao.imports.columns import Column
from queqiao.records.choices import TRANSITIONS, Visibility

_REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
_COLUMNS_ZH = """由代码生成。表头比较时不计全角半角、大小写、空白、标点和括号里的说明。“备用”只在没有其他写法时才算；
“可多列”的各列依次并入，各占一行。"""
_COLUMNS_EN = """Generated from the code. Headings are compared without regard to width, case, blanks, punctuation and
notes in brackets. A spare heading counts only where none of the others stands; several columns marked as gathered are
joined, each on a line of its own."""
_SHEETS: tuple[tuple[str, str, Sequence[Column]], ...] = (
    ("--needs", "技术需求 / needs", columns.NEED_COLUMNS),
    ("--achievements", "科技成果 / achievements", columns.ACHIEVEMENT_COLUMNS),
    ("--experts", "专家 / experts", columns.EXPERT_COLUMNS),
    ("--records", "专家业绩 / experts' records", columns.RECORD_COLUMNS),
    ("--pairs", "需求—成果对 / pairs", columns.PAIR_COLUMNS),
    ("--judgements", "人工评定 / judgements", columns.JUDGEMENT_COLUMNS),
    ("--matches", "匹配结果 / matches", columns.MATCH_COLUMNS),
    ("--affinity", "逐对的值 / values pair by pair", columns.AFFINITY_COLUMNS),
    ("--conflicts", "须回避的对 / pairs that must not be", columns.CONFLICT_COLUMNS),
    ("--texts", "文本 / texts", columns.TEXT_COLUMNS),
    ("--train", "带标签的文本 / labelled texts", columns.LABELLED_COLUMNS),
)


def commands_page() -> str:
    """Return the page on commands, in both languages."""
    lines = ["# 命令 / Commands", "", "由代码生成。/ Generated from the code.", ""]
    for name in COMMANDS:
        lines += [f"## queqiao {name}", ""]
        for code in ("zh", "en"):
            with language(code):
                lines += [load_command(name).summary(), "", *_options_table(name), ""]
    return "\n".join(lines)


def columns_page() -> str:
    """Return the page on the columns of the sheets."""
    lines = ["# 列 / Columns", "", _COLUMNS_ZH, "", _COLUMNS_EN, ""]
    for option, title, sheet in _SHEETS:
        lines += [
            f"## {title} (`{option}`)",
            "",
            "| 列 / column | 其他写法 / also | 备用 / spare | |",
            "|---|---|---|---|",
        ]
        lines += [_column_line(column) for column in sheet]
        lines.append("")
    return "\n".join(lines)


def life_cycle_page() -> str:
    """Return the page on the life cycle of catalogue records."""
    lines = [
        "# 记录的生命周期 / Life cycle of a record",
        "",
        "由代码生成。科技成果、技术需求、专家和实验室都按这张表流转。",
        "Generated from the code. Achievements, needs, experts and labs all follow this table.",
        "",
        "| 状态 / state | 操作 / step | 到 / to | 由谁 / by | 要写原因 / reason |",
        "|---|---|---|---|---|",
    ]
    for (state, verb), step in TRANSITIONS.items():
        row = [_both(state), _both(verb), _both(step.to), _both(step.who), "✓" if step.reason else ""]
        lines.append(f"| {' | '.join(row)} |")
    lines += ["", "## 公开范围 / Visibility", "", *(f"- {_both(one)}" for one in Visibility), ""]
    return "\n".join(lines)


def api_page() -> str:
    """Return the page on the API: its operations and the shapes of what it answers."""
    told, english = open_site("operations").described().values()
    lines = [
        "# 接口 / API",
        "",
        "由代码生成；用法见[接口](../howto/api.md)。",
        "Generated from the code; how to use it is told in [the guide](../howto/api.md).",
        "",
    ]
    for address, methods in told["paths"].items():
        for method, one in methods.items():
            other = english["paths"][address][method]
            lines += [f"## {method.upper()} {address}", "", f"{one['summary']} / {other['summary']}", ""]
            if "x-token-scope" in one:
                lines += [f"令牌用途 / scope: `{one['x-token-scope']}`", ""]
            pairs = zip(one["parameters"], other["parameters"], strict=True)
            lines += _named([(mine["name"], mine, its) for mine, its in pairs])
    for name, shape in sorted(told["components"]["schemas"].items()):
        if shape.get("properties"):
            fields = english["components"]["schemas"][name]["properties"]
            rows = [(field, mine, fields[field]) for field, mine in shape["properties"].items()]
            lines += [f"## {name}", "", *_named(rows)]
    return "\n".join(lines)


def _named(rows: Sequence[tuple[str, dict[str, Any], dict[str, Any]]]) -> list[str]:
    """Return a table of names with what they mean in both languages, where there are any."""
    told = [
        f"| `{name}` | {one.get('description', '')} | {other.get('description', '')} |" for name, one, other in rows
    ]
    return ["| | | |", "|---|---|---|", *told, ""] if told else []


def _both(choice: Any) -> str:
    words = []
    for code in ("zh", "en"):
        with language(code):
            words.append(str(choice.label))
    return " / ".join(words)


def _options_table(name: str) -> Iterator[str]:
    options = command_parser(name).options
    if options:
        yield "| | | |"
        yield "|---|---|---|"
    for option in options:
        yield f"| `{f'{option.name} {option.value}'.strip()}` | {option.help} | {'*' if option.required else ''} |"


def _column_line(column: Column) -> str:
    marks = [word for word, holds in (("必需 required", column.required), ("可多列 gathered", column.gathers)) if holds]
    return f"| `{column.name}` | {'、'.join(column.headings)} | {'、'.join(column.spare)} | {', '.join(marks)} |"


def write() -> None:
    """Write the pages."""
    (_REFERENCE / "commands.md").write_text(commands_page(), encoding="utf-8")
    (_REFERENCE / "life-cycle.md").write_text(life_cycle_page(), encoding="utf-8")
    (_REFERENCE / "api.md").write_text(api_page(), encoding="utf-8")
    (_REFERENCE / "columns.md").write_text(columns_page(), encoding="utf-8")


if __name__ == "__main__":
    write()
