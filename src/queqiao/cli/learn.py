"""``queqiao learn``: a model from the staff's grades, with the figures that say whether it is worth using."""

import datetime

from queqiao.cli.options import OptionParser, Options
from queqiao.cli.progress import Progress
from queqiao.core.errors import InputError
from queqiao.core.i18n import _
from queqiao.engine.ranking.batch import read_corpus
from queqiao.engine.ranking.learning import Grade, learn
from queqiao.engine.text.analyser import Analyser
from queqiao.imports.models import check_folder, write_model_folder
from queqiao.imports.records import known_ids, read_achievements, read_judgements, read_needs, read_words
from queqiao.matching.model_card import card_text


def summary() -> str:
    """Say in one line what the command does."""
    return _("从人工评级学习排序和等级，检验确有提高才采用")


def add_options(parser: OptionParser) -> None:
    """Declare the options."""
    parser.add_path("--needs", _("技术需求表，CSV 或 XLSX"), required=True)
    parser.add_path("--achievements", _("科技成果表，CSV 或 XLSX"), required=True)
    parser.add_path(
        "--judgements", _("评定表，含 need_id、achievement_id、level（1 到 4），可加 weight"), required=True
    )
    parser.add_output("--out", _("模型文件夹，没有就建立"), required=True)
    parser.add_path("--words", _("领域词表，一行一词，分词时保持完整"))


def run(options: Options) -> int:
    """Learn and write; returns 0."""
    check_folder(options.out)
    analyser = Analyser(read_words(options.words) if options.words else ())
    needs, achievements = read_needs(options.needs), read_achievements(options.achievements)
    judgements = read_judgements(options.judgements, known_ids(needs, achievements), repeated=True)
    if len({one.level for one in judgements}) < 2:
        raise InputError(_("评级全都一样，无从学起；请再评一些关联度不同的对。"), path=options.judgements)
    grades = [Grade(one.need_id, one.achievement_id, one.level, one.weight) for one in judgements]
    with Progress(_("分析文本")) as progress:
        corpus = read_corpus(needs, achievements, analyser=analyser, progress=progress.show)
    with Progress(_("学习、检验")) as progress:
        model = learn(
            corpus.ranker,
            list(zip(corpus.needs, corpus.need_terms, strict=True)),
            grades,
            made_on=datetime.datetime.now().astimezone().date().isoformat(),
            progress=progress.show,
        )
    text = card_text(model.told)
    write_model_folder(options.out, model, text)
    for line in text.splitlines():
        Progress.say(line)
    if model.is_useful:
        Progress.say(_("模型写入 {path}；匹配时用 --model {path} 采用。").format(path=options.out))
    else:
        Progress.say(
            _("模型写入 {path}；它什么也不改变，用不用它结果都一样。再评一些，然后重新学习。").format(path=options.out)
        )
    return 0
