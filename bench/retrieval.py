"""Whether retrieval hands over everything that scoring all achievements would put on a list."""

from collections.abc import Iterator

from bench.data import NEEDS_ACHIEVEMENTS
from bench.table import Line
from queqiao.engine.ranking.batch import read_corpus, shortlists
from queqiao.engine.text.analyser import Analyser
from queqiao.imports.records import read_achievements, read_needs

TOP = 20


def measure() -> Iterator[Line]:
    """Yield how many of the lists are the same."""
    needs = read_needs(NEEDS_ACHIEVEMENTS / "needs.csv")
    achievements = read_achievements(NEEDS_ACHIEVEMENTS / "achievements.csv")
    corpus = read_corpus(needs, achievements, analyser=Analyser())
    same = 0
    for need, found in zip(corpus.needs, shortlists(corpus, top=TOP), strict=True):
        same += corpus.ranker.shortlist(corpus.ranker.analyse(need), top=TOP) == found
    yield Line("retrieval: lists as when all are scored", f"{same} of {len(needs)}", "all", same == len(needs))
