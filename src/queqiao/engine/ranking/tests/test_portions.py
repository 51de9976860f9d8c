"""Finding by an index and weighing in portions: the same lists as weighing everything, with less work."""

import random
from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from queqiao.engine.ranking.batch import STRONGEST, Corpus, index_tokens, query_tokens, read_corpus
from queqiao.engine.ranking.lexical import CandidateMatrix
from queqiao.engine.ranking.ranker import AnalysedNeed, Ranker, Shortlist
from queqiao.engine.records import Achievement, Need
from queqiao.engine.retrieval import MemoryEngine, Row, Schema, TextQuery
from queqiao.engine.text.analyser import Analyser

ANALYSER = Analyser()
PORTION = 100
SUBJECTS = (
    "真空压铸", "深度除氟", "轴承诊断", "固态电池", "激光焊接", "防腐涂层", "气体传感器", "尾矿回收", "果蔬保鲜",
    "微生物发酵", "隧道掘进", "电解液添加剂", "谐波减速器", "光纤监测", "粉末冶金", "膜分离", "热处理工艺", "机器视觉",
    "余热利用", "污泥干化",
)  # fmt: skip


def corpus_of(count: int) -> Corpus:
    chance = random.Random(11)  # noqa: S311 -- a fixed sample, no secret
    offers = [
        Achievement(f"A{i:04}", "".join(chance.sample(SUBJECTS, 2)), "，".join(chance.sample(SUBJECTS, 5)))
        for i in range(count)
    ]
    asked = [
        Need(f"N{i:02}", chance.choice(SUBJECTS), f"企业需要{'、'.join(chance.sample(SUBJECTS, 4))}的技术")
        for i in range(20)
    ]
    return read_corpus(asked, offers, analyser=ANALYSER)


class Library:
    """Achievements in an index, read a portion at a time as a need asks for them."""

    def __init__(self, corpus: Corpus):
        self.corpus = corpus
        self.engine = MemoryEngine()
        self.engine.ensure(Schema("achievements"))
        both = zip(corpus.candidates, corpus.candidate_terms, strict=True)
        self.engine.upsert([Row(document.id, index_tokens(terms)) for document, terms in both])
        self.read = 0

    def shortlist(self, number: int) -> Shortlist:
        documents, terms = [], []
        ranker = Ranker(ANALYSER, self.corpus.snapshot, documents, terms)
        need = ranker.analyse(self.corpus.needs[number])
        hits = self.engine.search(TextQuery(query_tokens(need.weights)), None, 2000)
        rows = [self.corpus.rows[hit.id] for hit in hits]

        def portions() -> Iterator[NDArray[np.intp]]:
            for start in range(0, len(rows), PORTION):
                some = rows[start : start + PORTION]
                documents.extend(self.corpus.candidates[row] for row in some)
                terms.extend(self.corpus.candidate_terms[row] for row in some)
                yield np.arange(len(documents))

        found = ranker.shortlist_found(need, portions(), top=20)
        self.read = len(documents)
        return found


def test_the_lists_are_those_of_weighing_everything_and_most_is_never_read():
    corpus = corpus_of(1500)
    library = Library(corpus)
    read = []
    for number, need in enumerate(corpus.needs):
        assert library.shortlist(number) == corpus.ranker.shortlist(corpus.ranker.analyse(need), top=20)
        read.append(library.read)
    assert 0 < np.mean(read) < 750


def analysed(corpus: Corpus) -> AnalysedNeed:
    return corpus.ranker.analyse(corpus.needs[0])


def best_rows(corpus: Corpus, count: int) -> list[int]:
    found = corpus.ranker.shortlist(analysed(corpus), top=count)
    return [corpus.rows[match.candidate_id] for match in found.matches]


def test_after_two_portions_that_bring_nobody_onto_the_list_no_more_are_asked_for():
    corpus = corpus_of(60)
    first, *others = best_rows(corpus, 4)
    asked_for = []

    def portions() -> Iterator[NDArray[np.intp]]:
        for rows in ([first], [first, others[0]], [first, *others[:2]], [first, *others]):
            asked_for.append(len(rows))
            yield np.array(rows)

    found = corpus.ranker.shortlist_found(analysed(corpus), portions(), top=1)
    assert [corpus.rows[match.candidate_id] for match in found.matches] == [first]
    assert asked_for == [1, 2, 3]


def test_who_comes_after_one_portion_in_vain_is_still_listed():
    corpus = corpus_of(60)
    first, second, third = best_rows(corpus, 3)
    portions = (np.array(rows) for rows in ([second], [second, third], [second, third, first]))
    found = corpus.ranker.shortlist_found(analysed(corpus), portions, top=1)
    assert [corpus.rows[match.candidate_id] for match in found.matches] == [first]


def test_where_the_index_finds_nothing_nothing_is_listed():
    corpus = corpus_of(10)
    assert corpus.ranker.shortlist_found(analysed(corpus), [], top=20) == Shortlist("N00", (), None)


def test_candidates_that_come_later_have_the_same_weights_as_those_read_at_once():
    corpus = corpus_of(50)
    grown = CandidateMatrix(corpus.snapshot, corpus.candidate_terms[:20])
    grown.add(corpus.candidate_terms[20:21])
    grown.add(corpus.candidate_terms[21:])
    weights = analysed(corpus).weights
    assert list(grown.similarity(weights).total) == list(corpus.ranker.matrix.similarity(weights).total)


def test_an_index_is_asked_for_the_terms_that_tell_and_more_often_for_the_stronger():
    text = "企业需要的技术：" + "、".join(SUBJECTS) + "。铝锭除氟，" + "生产线在成都的厂区，" * 20
    corpus = read_corpus([Need("N", "铝锭除氟", text)], [Achievement("A", "铝锭除氟")], analyser=ANALYSER)
    asked = Counter(query_tokens(analysed(corpus).weights))
    assert len(asked) == STRONGEST
    assert asked["氟"] > asked["光"] >= min(asked.values()) == 1


def test_indicators_move_candidates_up_from_below_the_first_by_text():
    fitting = Achievement("B", "含氟废水处理", "出水氟离子浓度0.6mg/L")
    others = [Achievement(f"A{i:02}", "含氟废水深度除氟", f"出水氟离子浓度{i + 2}mg/L") for i in range(30)]
    corpus = read_corpus(
        [Need("N", "含氟废水深度除氟", "要求出水氟离子浓度小于1mg/L")], [*others, fitting], analyser=ANALYSER
    )
    need = analysed(corpus)
    everything = [one.candidate_id for one in corpus.ranker.rank(need, range(31))]
    assert everything[0] == "B"
    for top in (1, 5, 20):
        assert [one.candidate_id for one in corpus.ranker.shortlist(need, top=top).matches] == everything[:top]
