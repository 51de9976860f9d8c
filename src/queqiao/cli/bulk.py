"""``queqiao bulk``: everything against everything, for lists that are too long to explain every pair."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from queqiao.cli.options import OptionParser, Options
from queqiao.cli.progress import Progress
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _
from queqiao.engine.bulk.job import Job
from queqiao.engine.bulk.tables import Table
from queqiao.engine.ranking.batch import Meanings, read_corpus, sides
from queqiao.engine.ranking.documents import document_of
from queqiao.engine.ranking.ranker import MODEL_VERSION
from queqiao.engine.ranking.semantic import EncoderError
from queqiao.engine.records import Achievement, Need
from queqiao.engine.text.analyser import Analyser
from queqiao.imports.records import read_achievements, read_needs, read_words
from queqiao.imports.writing import check_writable, write_csv
from queqiao.matching.bulk.running import run_job
from queqiao.matching.encoders import open_encoder
from queqiao.matching.encoders.trouble import left_out

_AT_ONCE = 1_000  # texts that an encoder is given between two signs of progress


def summary() -> str:
    """Say in one line what the command does."""
    return _("大批量：为全部需求在全部成果中找出文字最相近的，可中断、可续算")


def add_options(parser: OptionParser) -> None:
    """Declare the options."""
    parser.add_path("--needs", _("技术需求表，CSV 或 XLSX"), required=True)
    parser.add_path("--achievements", _("科技成果表，CSV 或 XLSX"), required=True)
    parser.add_output("--out", _("结果表，CSV 或 XLSX"), required=True)
    parser.add_path("--words", _("领域词表，一行一词，分词时保持完整"))
    parser.add_count("--top", _("每条需求最多列出几个，默认 100"), default=100)


def run(options: Options) -> int:
    """Compare, write, and remove what was kept for going on; returns 0."""
    check_writable(options.out)
    analyser = Analyser(read_words(options.words) if options.words else ())
    needs = read_needs(options.needs)
    achievements = sorted(read_achievements(options.achievements), key=lambda one: one.id)  # ties end on the id
    encoder, meanings = _meanings(needs, achievements)
    folder, mark = options.out.absolute().with_name(f"{options.out.name}.parts"), _mark(options, analyser, encoder)
    job = Job.open(folder, mark)
    if job is None:
        with Progress(_("分析文本")) as progress:
            corpus = read_corpus(needs, achievements, analyser=analyser, progress=progress.show)
            job = _begin(folder, sides(corpus, meanings), k=options.top, mark=mark)
    elif job.done():
        Progress.say(_("接着上次的计算：已有 {done}/{total} 条需求。").format(done=job.done(), total=job.needs))
    try:
        with Progress(_("逐一比较")) as progress:
            run_job(job, progress.show)
    except KeyboardInterrupt:
        said = _("已按 Ctrl-C 中断；文本已切好，{done}/{total} 条需求已算好，都留在 {folder}，再运行一次会接着算。")
        raise QueqiaoError(said.format(done=job.done(), total=job.needs, folder=folder)) from None
    write_csv(options.out, ("need_id", "achievement_id", "rank", "similarity"), _rows(job, needs, achievements))
    job.remove()
    Progress.say(_("{needs} 条需求已与 {count} 项成果逐一比较，写入 {path}。").format(
        needs=len(needs), count=len(achievements), path=options.out
    ))  # fmt: skip
    return 0


def _meanings(needs: Sequence[Need], achievements: Sequence[Achievement]) -> tuple[str, Meanings | None]:
    """Return the version of the encoder that the settings name, and its vectors; "" and None where it takes no part."""
    try:
        encoder = open_encoder()
        if encoder is None:
            return "", None
        texts = [document_of(need).text for need in needs] + [document_of(one).text for one in achievements]
        vectors = []
        with Progress(_("计算语义向量")) as progress:
            for start in range(0, len(texts), _AT_ONCE):
                vectors.append(encoder.encode(texts[start : start + _AT_ONCE]))
                progress.show(min(start + _AT_ONCE, len(texts)), len(texts))
    except EncoderError as error:
        Progress.say(left_out(error))
        return "", None
    rows = np.concatenate(vectors)
    return encoder.version, (rows[: len(needs)], rows[len(needs) :])


def _mark(options: Options, analyser: Analyser, encoder: str) -> str:
    """Return what tells these inputs from all others."""
    digest = hashlib.sha256(f"{options.top} {MODEL_VERSION} {analyser.version} {encoder}".encode())
    for path in (options.needs, options.achievements):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _begin(folder: Path, both: tuple[Table, Table], *, k: int, mark: str) -> Job:
    try:
        return Job.begin(folder, *both, k, mark=mark)
    except OSError as error:
        message = _("无法写入文件夹 {folder}（{reason}），什么也没有算；请腾出空间，或换一个 --out。")
        raise QueqiaoError(message.format(folder=folder, reason=error.strerror)) from error


def _rows(job: Job, needs: Sequence[Need], achievements: Sequence[Achievement]) -> Iterator[tuple[object, ...]]:
    found = job.result()
    for need, start, stop in zip(needs, found.starts, found.starts[1:], strict=False):
        for rank, place in enumerate(range(start, stop), 1):
            yield need.id, achievements[found.rows[place]].id, rank, f"{found.scores[place]:.6f}"
