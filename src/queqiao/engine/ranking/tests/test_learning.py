import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from queqiao.engine.ranking.batch import Corpus, read_corpus
from queqiao.engine.ranking.gaussian import NOISE, fit, kernel, scale_of
from queqiao.engine.ranking.learned import Model, ModelError, read_model, write_model
from queqiao.engine.ranking.learning import FEWEST_NEEDS, Grade, learn
from queqiao.engine.ranking.metrics import ndcg
from queqiao.engine.ranking.pairs import PairTable, unit_vector
from queqiao.engine.ranking.ranker import MODEL_VERSION
from queqiao.engine.records import Achievement, Need
from queqiao.engine.text.analyser import Analyser

# Firms ask for a coating; the staff of this place know that vapour deposition does it, and courses on paint do not.
OBJECTS = (
    "轴承", "齿轮", "叶片", "阀门", "螺栓", "活塞", "曲轴", "模具", "刀具", "弹簧", "管道", "储罐", "船体", "桥梁",
    "塔筒", "泵体", "喷嘴", "导轨", "转子", "壳体", "法兰", "滤芯", "支架", "锅炉", "钻头", "缸套", "链条", "滑轮",
    "钢丝", "电极",
)  # fmt: skip


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    return Analyser()


@pytest.fixture(scope="module")
def town(analyser: Analyser) -> Corpus:
    needs = [Need(f"N{i}", f"{one}防腐涂层", f"{one}在潮湿环境中生锈，需要防腐涂层。") for i, one in enumerate(OBJECTS)]
    offers = []
    for i, one in enumerate(OBJECTS):
        offers += [
            Achievement(f"G{i}", f"{one}表面气相沉积镀膜工艺"),
            Achievement(f"P{i}", f"{one}表面涂装技能培训教材"),
            Achievement(f"X{i}", f"{one}库存管理软件"),
        ]
    return read_corpus(needs, offers, analyser=analyser)


def grades(needs: range = range(len(OBJECTS))) -> list[Grade]:
    levels = (("G", 4), ("P", 1), ("X", 1))
    return [Grade(f"N{i}", f"{kind}{i}", level) for i in needs for kind, level in levels]


def made(town: Corpus, given: list[Grade]) -> Model:
    return learn(town.ranker, list(zip(town.needs, town.need_terms, strict=True)), given)


def first_of(town: Corpus, model: Model | None, number: int) -> tuple[str, int]:
    corpus = Corpus(town.analyser, town.needs, town.need_terms, town.candidates, town.candidate_terms, model)
    rows = [corpus.rows[f"{kind}{number}"] for kind in "GPX"]
    best = corpus.ranker.rank(corpus.ranker.analyse(corpus.needs[number], corpus.need_terms[number]), rows)[0]
    return best.candidate_id, best.level


def test_what_the_staff_know_is_learned_and_used_for_needs_that_nobody_graded(town: Corpus) -> None:
    model = made(town, grades(range(25)))

    assert model.new.orders
    assert model.new.levels
    assert not [n for n in range(25, 30) if first_of(town, None, n)[0] == f"G{n}"]
    assert [first_of(town, model, n) for n in range(25, 30)] == [(f"G{n}", 4) for n in range(25, 30)]
    assert model.told["figures"]["new"]["ndcg"]["low"] > 0
    assert model.told["figures"]["new"]["error"]["needs"] == 25


def test_each_score_is_still_the_sum_of_its_parts(town: Corpus) -> None:
    model = made(town, grades())
    corpus = Corpus(town.analyser, town.needs, town.need_terms, town.candidates, town.candidate_terms, model)
    found = corpus.ranker.shortlist(corpus.ranker.analyse(corpus.needs[3], corpus.need_terms[3]), top=20)

    assert found.matches[0].candidate_id == "G3"
    assert all("learned" in match.parts for match in found.matches)
    for match in found.matches:
        assert match.score == pytest.approx(max(0.0, sum(match.parts.values())), abs=1e-6)
    assert [match.rank for match in found.matches] == list(range(1, len(found.matches) + 1))


def test_a_model_without_a_sure_gain_changes_nothing(town: Corpus) -> None:
    model = made(town, grades(range(12)))
    assert not model.is_useful
    for number in (0, 11, 29):
        assert first_of(town, model, number) == first_of(town, None, number)


def test_grades_given_at_random_hardly_ever_pass_for_a_better_order(town: Corpus) -> None:
    passed = 0
    for seed in range(15):
        chance = np.random.default_rng(seed)
        random = [Grade(one.need_id, one.candidate_id, int(chance.integers(1, 5))) for one in grades()]
        model = made(town, random)
        passed += model.new.orders + model.known.orders
    assert passed <= 2


def test_twenty_grades_drawn_fifty_times_cost_nothing(town: Corpus) -> None:
    everything, losses = grades(), []
    for draw in range(50):
        chance = np.random.default_rng(draw)
        noisy = [
            Grade(one.need_id, one.candidate_id, int(np.clip(one.level + chance.integers(-1, 2), 1, 4)))
            for one in (everything[i] for i in chance.choice(len(everything), 20, replace=False))
        ]
        model = made(town, noisy)
        losses.append(_order(town, None) - _order(town, model) if model.is_useful else 0.0)
    assert float(np.mean(losses)) <= 0.002


def _order(town: Corpus, model: Model | None) -> float:
    truth = {"G": 4, "P": 1, "X": 1}
    corpus = Corpus(town.analyser, town.needs, town.need_terms, town.candidates, town.candidate_terms, model)
    values = []
    for number, (need, terms) in enumerate(zip(corpus.needs, corpus.need_terms, strict=True)):
        ranked = corpus.ranker.rank(
            corpus.ranker.analyse(need, terms), [corpus.rows[f"{kind}{number}"] for kind in truth]
        )
        values.append(ndcg([truth[one.candidate_id[0]] for one in ranked]) or 0.0)
    return float(np.mean(values))


def test_few_needs_are_told_as_too_few(town: Corpus) -> None:
    model = made(town, grades(range(FEWEST_NEEDS - 1)))
    assert not model.is_useful
    assert model.told["figures"]["known"]["error"]["needs"] == FEWEST_NEEDS - 1


def test_needs_of_which_some_candidates_were_graded_are_told_from_new_ones(town: Corpus) -> None:
    strict = {number: 1 if number % 2 else 3 for number in range(len(OBJECTS))}  # how the staff judge each need's field
    given = [Grade(one.need_id, one.candidate_id, strict[int(one.need_id[1:])]) for one in grades(range(28))]
    model = made(town, [one for one in given if one.candidate_id[0] != "X"])

    assert (model.new.levels, model.known.levels) == (False, True)
    corpus = Corpus(town.analyser, town.needs, town.need_terms, town.candidates, town.candidate_terms, model)
    for number in (4, 5):
        need = corpus.ranker.analyse(corpus.needs[number], corpus.need_terms[number])
        match = corpus.ranker.rank(need, [corpus.rows[f"X{number}"]])[0]
        assert match.level == strict[number]
        assert match.evidence.expected == pytest.approx(strict[number], abs=0.5)  # is the reason that is given
    plain = corpus.ranker.rank(corpus.ranker.analyse(corpus.needs[29], corpus.need_terms[29]), [corpus.rows["X29"]])[0]
    assert plain.evidence.expected is None  # nobody graded anything of that need: the default says its level
    assert first_of(town, model, 29) == first_of(town, None, 29)


def test_the_noise_of_the_grades_is_reported(town: Corpus) -> None:
    doubled = [*grades(), Grade("N1", "G1", 2), Grade("N2", "G2", 4)]
    noise = made(town, doubled).told["noise"]
    assert noise == {"repeated": 2, "differing": 1, "mean_difference": 1.0}


def test_a_grade_with_more_weight_says_more(town: Corpus) -> None:
    def expected(weight: float) -> float:
        given = [*grades(range(20)), Grade("N20", "G20", 1, weight), Grade("N20", "X20", 2)]
        model = made(town, given)
        return float(model.expect(_pair_table(town, "N20", "G20"))[0])

    assert expected(50.0) < expected(1.0) < expected(0.02)


def _pair_table(town: Corpus, need_id: str, candidate_id: str) -> PairTable:
    number, row = int(need_id[1:]), town.rows[candidate_id]
    snapshot, analyser = town.snapshot, town.analyser
    title = analyser.terms(town.needs[number].title)
    return PairTable(
        needs=[(unit_vector(snapshot, town.need_terms[number]), unit_vector(snapshot, title))],
        candidates=[unit_vector(snapshot, town.candidate_terms[row])],
        need_of=np.array([0]),
        candidate_of=np.array([0]),
        scores=np.array([0.2]),
        features=np.full((1, 6), 0.2),
    )


def test_left_out_expectations_are_those_of_a_fit_without_the_group() -> None:
    chance = np.random.default_rng(3)
    words = [{f"w{i}": 0.6, f"v{i % 3}": 0.8} for i in range(6)]
    table = PairTable(
        needs=[(one, one) for one in words],
        candidates=words,
        need_of=chance.integers(0, 6, 24),
        candidate_of=chance.integers(0, 6, 24),
        scores=chance.random(24),
        features=chance.random((24, 6)),
    )
    given, weights = chance.integers(1, 5, 24).astype(float), chance.uniform(0.5, 2, 24)
    groups, scale = table.need_of, scale_of(table)
    fitted = fit(table, given, weights, scale)
    left_out = fitted.left_out(groups)
    covariance = kernel(table, table, scale)
    for group in np.unique(groups):
        own = groups == group
        rest = covariance[np.ix_(~own, ~own)] + np.diag(NOISE / weights[~own])
        again = fitted.mean + covariance[np.ix_(own, ~own)] @ np.linalg.solve(rest, given[~own] - fitted.mean)
        np.testing.assert_allclose(left_out[own], again, atol=1e-9)


def test_a_model_is_the_same_after_it_was_written_and_read(town: Corpus) -> None:
    model = made(town, grades())
    again = read_model(write_model(model), ranking=MODEL_VERSION, analyser=town.snapshot.analyser_version)
    assert again.version == model.version
    assert again.version.startswith(f"{MODEL_VERSION}+")
    assert write_model(again) == write_model(model)
    pair = _pair_table(town, "N5", "P5")
    np.testing.assert_array_equal(again.expect(pair), model.expect(pair))


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: "{",
        lambda content: "[]",
        lambda content: json.dumps(content | {"format": 99}),
        lambda content: json.dumps(content | {"ranking": "1"}),
        lambda content: json.dumps(content | {"analyser": "other"}),
        lambda content: json.dumps({name: value for name, value in content.items() if name != "known"}),
        lambda content: json.dumps(content | {"pairs": [row[:-2] for row in content["pairs"]]}),
        lambda content: json.dumps(content | {"pairs": [[999, *row[1:]] for row in content["pairs"]]}),
        lambda content: json.dumps(content | {"pairs": []}),
        lambda content: json.dumps(content | {"mean": float("nan")}),
        lambda content: json.dumps(content | {"mean": "2"}),
        lambda content: json.dumps(content | {"new": content["new"] | {"bounds": [3, 2, 1]}}),
    ],
)
def test_a_damaged_model_or_one_of_another_version_is_refused_when_it_is_read(
    town: Corpus, damage: Callable[[dict[str, Any]], str]
) -> None:
    content = json.loads(write_model(made(town, grades(range(4)))))
    with pytest.raises(ModelError):
        read_model(damage(content), ranking=MODEL_VERSION, analyser=town.snapshot.analyser_version)


def test_grades_that_are_all_alike_teach_nothing(town: Corpus) -> None:
    with pytest.raises(ValueError, match="alike"):
        made(town, [Grade("N1", "G1", 3), Grade("N2", "G2", 3)])
