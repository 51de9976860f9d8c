"""``queqiao classify``: labels for texts, learned from labelled ones."""

from queqiao.cli.options import OptionParser, Options
from queqiao.cli.progress import Progress
from queqiao.core.i18n import _
from queqiao.engine.classification.calibration import FEWEST_TO_MEASURE
from queqiao.engine.classification.classifier import Classification, classify, read_corpus
from queqiao.engine.classification.model import DECIMALS
from queqiao.engine.text.analyser import Analyser
from queqiao.imports.records import read_labelled, read_texts
from queqiao.imports.writing import check_writable, write_csv


def summary() -> str:
    """Say in one line what the command does."""
    return _("按已标注的文本为其余文本标注领域（或任何标签），给出置信度和次选")


def add_options(parser: OptionParser) -> None:
    """Declare the options."""
    parser.add_path("--train", _("已标注的文本表，含 id、text、label 三列，CSV 或 XLSX"), required=True)
    parser.add_path("--texts", _("文本表，含 id 和 text 两列，CSV 或 XLSX"), required=True)
    parser.add_output("--out", _("结果表，CSV 或 XLSX"), required=True)


def run(options: Options) -> int:
    """Classify and write; returns 0."""
    check_writable(options.out)
    examples, texts = read_labelled(options.train), read_texts(options.texts)
    with Progress(_("分析文本")) as progress:
        corpus = read_corpus(examples, [text for _id, text in texts], analyser=Analyser(), progress=progress.show)
    with Progress(_("学习、检验、标注")) as progress:
        found = classify(corpus, progress=progress.show)
    rows = [
        (text_id, guess.label, f"{guess.confidence:.{DECIMALS}f}", guess.second)
        for (text_id, _text), guess in zip(texts, found.guesses, strict=True)
    ]
    write_csv(options.out, ("id", "label", "confidence", "second"), rows, texts=("label", "second"))
    Progress.say(_("{count} 条文本已标注，写入 {path}。").format(count=len(rows), path=options.out))
    _say_quality(found, len(examples))
    return 0


def _say_quality(found: Classification, examples: int) -> None:
    """Say what held-out examples tell about the labels."""
    measured = _("轮流留出已标注的文本检验：正确率 {accuracy:.1%}，置信度平均偏差 {error:.1%}。")
    Progress.say(measured.format(accuracy=found.accuracy, error=found.calibration_error))
    if examples < FEWEST_TO_MEASURE:
        Progress.say(_("样本只有 {count} 条，这些数只供参考，每条都请核对。").format(count=examples))
        return
    suggested = sum(label != "" for label in found.suggestions)
    if suggested:
        advice = _("置信度不低于 {bound:.4f} 的有 {count} 条，其中约八成正确；其余请核对。")
        Progress.say(advice.format(bound=found.trusted_from, count=suggested))
    else:
        Progress.say(_("没有一条的把握足以直接采用，请逐条核对。"))
