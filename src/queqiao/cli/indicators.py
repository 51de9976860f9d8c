"""``queqiao indicators``: technical indicators from free text, with character offsets."""

import json

from queqiao.cli.options import OptionParser, Options
from queqiao.cli.progress import Progress
from queqiao.core.i18n import _
from queqiao.engine.text.quantities import Indicator, extract_indicators
from queqiao.imports.records import read_texts
from queqiao.imports.writing import check_writable, write_text

# The order of the fields in a line of the result.
FIELDS = ("start", "end", "name", "comparison", "low", "high", "unit", "relative", "condition")


def summary() -> str:
    """Say in one line what the command does."""
    return _("从文本中抽取技术指标（名称、比较、数值、单位、条件）及其位置")


def add_options(parser: OptionParser) -> None:
    """Declare the options."""
    parser.add_path("--texts", _("文本表，含 id 和 text 两列，CSV 或 XLSX"), required=True)
    parser.add_output("--out", _("结果，每行一个 JSON 对象"), required=True)


def run(options: Options) -> int:
    """Extract and write; returns 0."""
    check_writable(options.out)
    texts = read_texts(options.texts)
    lines, found = [], 0
    with Progress(_("抽取指标")) as progress:
        for done, (text_id, text) in enumerate(texts, 1):
            indicators = [as_json(indicator) for indicator in extract_indicators(text)]
            found += len(indicators)
            lines.append(json.dumps({"id": text_id, "text": text, "indicators": indicators}, ensure_ascii=False))
            progress.show(done, len(texts))
    write_text(options.out, "".join(f"{line}\n" for line in lines))
    message = _("{texts} 条文本中有 {found} 项指标；写入 {path}。")
    Progress.say(message.format(texts=len(texts), found=found, path=options.out))
    return 0


def as_json(indicator: Indicator) -> dict[str, object]:
    """Return an indicator's fields in the documented order."""
    return {name: getattr(indicator, name) for name in FIELDS}
