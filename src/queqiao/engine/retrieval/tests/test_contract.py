"""What every search engine promises, run over each of them."""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queqiao.engine.retrieval import (
    And,
    AnyOf,
    Eq,
    Exploration,
    FacetQuery,
    FieldKind,
    Filter,
    FilterError,
    Hit,
    In,
    IndexDamagedError,
    IndexLockedError,
    LanceEngine,
    MemoryEngine,
    MilvusEngine,
    Not,
    Or,
    Order,
    Range,
    Row,
    RowError,
    Schema,
    SearchEngine,
    TextQuery,
    VectorQuery,
)
from queqiao.engine.retrieval.filters import fulfils
from queqiao.engine.retrieval.fusion import reciprocal_rank_fusion

SCHEMA = Schema(
    "things",
    {"field": FieldKind.KEYWORD, "audience": FieldKind.KEYWORDS, "level": FieldKind.NUMBER},
    vector_width=3,
)
WORDS = (
    "压铸",
    "除氟",
    "轴承",
    "电池",
    "焊接",
    "涂层",
    "传感",
    "尾矿",
    "保鲜",
    "发酵",
    "隧道",
    "电解液",
    "真空",
    "废水",
)
STRANGE = (
    "c++",
    "m³/h",
    '"引号"',
    "it's",
    "😀",
    "100%",
    "back\\slash",
    "CO2",
    "co2",
    "Ünï",
    "the",
    "AND",
    "(",
    "-",
    "a:b",
    "压铸^2",
)


def row(one: str, *tokens: str, **values: object) -> Row:
    vector = values.pop("vector", None)
    return Row(one, tokens, values, vector)  # type: ignore[arg-type]


CASTING = row("a", "压铸", "真空", "压铸", field="材料", audience=("public", "org:1"), level=7, vector=(1.0, 0.0, 0.0))
FLUORIDE = row("b", "除氟", "废水", field="环保", audience=("org:1",), level=4, vector=(0.0, 1.0, 0.0))
BATTERY = row("c", "电池", "真空", field="能源", audience=("scope:7",), vector=(0.7, 0.7, 0.0))
PLAIN = row("d", "压铸")


@pytest.fixture(scope="module")
def milvus_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A local file that milvus-lite serves; it is started by whoever opens it first."""
    from milvus_lite.server_manager import server_manager_instance

    file = str(tmp_path_factory.mktemp("milvus") / "index.db")
    yield file
    server_manager_instance.release_server(file)


@pytest.fixture(params=["memory", "lance", "milvus"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SearchEngine]:
    kinds: dict[str, Callable[[], SearchEngine]] = {
        "memory": MemoryEngine,
        "lance": lambda: LanceEngine(tmp_path / "index"),
        "milvus": lambda: MilvusEngine(request.getfixturevalue("milvus_file")),
    }
    made = kinds[request.param]()
    made.ensure(SCHEMA)
    yield made
    for name in (SCHEMA.name, FACETED.name):
        if made.exists(name):
            made.drop(name)
    made.close()


@pytest.fixture
def filled(engine: SearchEngine) -> SearchEngine:
    engine.upsert([CASTING, FLUORIDE, BATTERY, PLAIN])
    return engine


def found(hits: list[Hit]) -> list[str]:
    return [hit.id for hit in hits]


def test_the_row_that_holds_more_of_the_query_comes_first(filled: SearchEngine):
    assert found(filled.search(TextQuery(("压铸", "真空")), None, 10))[0] == "a"
    assert set(found(filled.search(TextQuery(("压铸", "真空")), None, 10))) == {"a", "c", "d"}


def test_an_upsert_replaces_and_twice_is_as_good_as_once(filled: SearchEngine):
    for _ in range(2):
        filled.upsert([row("a", "焊接", field="材料"), row("a", "涂层", field="材料")])
    assert found(filled.search(TextQuery(("压铸",)), None, 10)) == ["d"]
    assert found(filled.search(TextQuery(("涂层",)), None, 10)) == ["a"]
    assert filled.search(TextQuery(("焊接",)), None, 10) == []
    assert filled.count(None) == 4


def test_what_is_deleted_is_gone_and_unknown_ids_do_no_harm(filled: SearchEngine):
    filled.delete(["a", "it's not there"])
    filled.delete([])
    assert filled.ids(None, None) == ["b", "c", "d"]
    assert found(filled.search(TextQuery(("压铸",)), None, 10)) == ["d"]


def test_a_change_is_found_by_the_next_search_before_and_after_tidying_up(filled: SearchEngine):
    filled.optimize()
    filled.upsert([row("e", "隧道")])
    assert found(filled.search(TextQuery(("隧道",)), None, 10)) == ["e"]
    filled.optimize()
    assert found(filled.search(TextQuery(("隧道",)), None, 10)) == ["e"]


def test_vectors_are_ordered_by_cosine_and_rows_without_one_are_left_out(filled: SearchEngine):
    hits = filled.search(VectorQuery((2.0, 0.1, 0.0)), None, 10)
    assert found(hits) == ["a", "c", "b"]
    assert hits[0].score == pytest.approx(0.99875, abs=1e-4)
    assert found(filled.search(VectorQuery((2.0, 0.1, 0.0)), Eq("field", "环保"), 10)) == ["b"]


def test_both_queries_are_fused_by_rank(filled: SearchEngine):
    hits = filled.hybrid(TextQuery(("真空",)), VectorQuery((1.0, 0.0, 0.0)), None, 2)
    assert set(found(hits)) == {"a", "c"}


def test_fusion_is_the_sum_of_reciprocal_ranks_and_ties_end_on_the_id():
    assert reciprocal_rank_fusion([["x", "y"], ["y", "x"], ["z"]]) == [
        ("x", 1 / 61 + 1 / 62), ("y", 1 / 61 + 1 / 62), ("z", 1 / 61),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Eq("field", "材料"), ["a"]),
        (Eq("level", 4), ["b"]),
        (In("field", ("环保", "能源")), ["b", "c"]),
        (In("field", ()), []),
        (AnyOf("audience", ("public", "scope:7")), ["a", "c"]),
        (AnyOf("audience", ()), []),
        (Range("level", 5, None), ["a"]),
        (Range("level"), ["a", "b"]),
        (And((AnyOf("audience", ("org:1",)), Range("level", None, 4))), ["b"]),
        (Or((Eq("field", "能源"), Eq("field", "材料"))), ["a", "c"]),
        (And(()), ["a", "b", "c", "d"]),
        (Or(()), []),
        (Not(Eq("field", "能源")), ["a", "b", "d"]),
        (Not(And((AnyOf("audience", ("org:1",)), Eq("field", "材料")))), ["b", "c", "d"]),
    ],
)
def test_conditions(filled: SearchEngine, condition: Filter, expected: list[str]):
    assert filled.ids(None, condition) == expected
    assert filled.count(condition) == len(expected)


def test_a_condition_holds_for_searches_ids_and_facets_alike(filled: SearchEngine):
    query, condition = TextQuery(("真空", "废水")), AnyOf("audience", ("org:1",))
    assert sorted(found(filled.search(query, condition, 10))) == ["a", "b"]
    assert filled.ids(query, condition) == ["a", "b"]
    assert filled.facets(query, condition, ["field", "audience"]) == {
        "field": {"材料": 1, "环保": 1},
        "audience": {"org:1": 2, "public": 1},
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (TextQuery(("压铸", "真空"), every=True), ["a"]),
        (TextQuery(("压铸", "隧道"), every=True), []),
        (TextQuery(("压铸", "真空"), phrases=(("压铸", "真空"),)), ["a"]),
        (TextQuery((), phrases=(("真空", "压铸"),)), ["a"]),
        (TextQuery((), phrases=(("真空", "真空"),)), []),
        (TextQuery(("真空",), without=(("电池",),)), ["a"]),
        (TextQuery(("真空",), without=(("真空", "压铸"),)), ["c"]),
        (TextQuery((), without=(("电池",),)), []),
        (TextQuery(("真空", "电池"), every=True, without=(("压铸",),)), ["c"]),
    ],
)
@pytest.mark.parametrize("tidied", [False, True])
def test_all_words_phrases_and_exclusions(filled: SearchEngine, query: TextQuery, expected: list[str], tidied: bool):
    if tidied:
        filled.optimize()
    assert filled.ids(query, None) == expected
    assert sorted(found(filled.search(query, None, 10))) == expected


def test_rows_in_the_order_of_a_number(filled: SearchEngine):
    assert filled.ids_by(None, None, Order("level"), 10) == ["a", "b", "c", "d"]
    assert filled.ids_by(None, None, Order("level", descending=False), 3) == ["b", "a", "c"]
    assert filled.ids_by(TextQuery(("真空",)), AnyOf("audience", ("org:1",)), Order("level"), 5) == ["a"]
    with pytest.raises(FilterError):
        filled.ids_by(None, None, Order("field"), 1)


FACETED = Schema("faceted", {"marks": FieldKind.KEYWORDS, "level": FieldKind.NUMBER, "audience": FieldKind.KEYWORDS})


@pytest.fixture
def faceted(filled: SearchEngine) -> SearchEngine:
    """The same rows with words of the form facet=value."""
    if isinstance(filled, LanceEngine):
        filled.close()
    filled.ensure(FACETED)
    for one in (CASTING, FLUORIDE, BATTERY, PLAIN):
        values = {name: value for name, value in one.values.items() if name in FACETED.fields}
        marks = [f"field={one.values['field']}"] if "field" in one.values else []
        marks += [f"for={token}" for token in values.get("audience", ())]  # type: ignore[union-attr]
        filled.upsert([Row(one.id, one.tokens, values | {"marks": tuple(marks)})])
    return filled


def explore_in_steps(engine: SearchEngine, asked: FacetQuery, k: int) -> Exploration:
    """Ask one question for the rows and one for each facet, as ``explore`` promises to have done."""
    base = () if asked.condition is None else (asked.condition,)

    def under(left_out: str = "") -> Filter:
        return And((*base, *(choice for name, choice in asked.choices.items() if name != left_out)))

    rows = engine.ids(asked.text, under())
    if asked.order is not None:
        first = engine.ids_by(asked.text, under(), asked.order, k)
    elif asked.text is not None:
        first = [hit.id for hit in engine.search(asked.text, under(), k)]
    else:
        first = rows[:k]
    counts: dict[str, dict[str, int]] = {facet: {} for facet in asked.choices}
    for facet in ("field", "for"):
        for word, n in engine.facets(asked.text, under(facet), [asked.facets])[asked.facets].items():
            if word.startswith(f"{facet}="):
                counts.setdefault(facet, {})[word.partition("=")[2]] = n
    return Exploration(tuple(first), len(rows), counts)


@pytest.mark.parametrize("query", [None, TextQuery(("压铸", "真空"))])
@pytest.mark.parametrize("order", [None, Order("level"), Order("level", descending=False)])
@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"field": AnyOf("marks", ("field=材料",))},
        {"field": AnyOf("marks", ("field=材料", "field=能源")), "for": AnyOf("marks", ("for=org:1",))},
        {"level": Range("level", 5, 9)},
        {"level": Eq("level", 7), "for": Not(AnyOf("marks", ("for=scope:7",)))},
        {"for": Or((AnyOf("audience", ("scope:7",)), And((AnyOf("marks", ("field=材料",)),))))},
        {"for": AnyOf("marks", ("nobody",))},
    ],
)
def test_exploring_is_the_same_as_asking_one_after_the_other(
    faceted: SearchEngine, query: TextQuery | None, order: Order | None, choices: dict[str, Filter]
):
    for condition in (None, Not(AnyOf("marks", ("field=环保",)))):
        asked = FacetQuery(query, condition, "marks", choices, order)
        assert faceted.explore(asked, 2) == explore_in_steps(faceted, asked, 2)


def test_a_facet_counts_what_else_could_be_chosen_in_it(faceted: SearchEngine):
    found = faceted.explore(FacetQuery(None, None, "marks", {"field": AnyOf("marks", ("field=材料",))}), 10)
    assert (found.ids, found.total) == (("a",), 1)
    assert found.counts == {"field": {"材料": 1, "环保": 1, "能源": 1}, "for": {"org:1": 1, "public": 1}}


def test_only_the_best_rows_are_looked_at_where_that_is_asked_for(faceted: SearchEngine):
    found = faceted.explore(FacetQuery(TextQuery(("压铸", "真空")), None, "marks", most=1), 10)
    assert (found.ids, found.total, found.counts["field"]) == (("a",), 1, {"材料": 1})


def test_what_was_chosen_is_looked_for_beyond_the_best_rows(faceted: SearchEngine):
    asked = FacetQuery(TextQuery(("压铸", "真空")), None, "marks", {"field": AnyOf("marks", ("field=能源",))}, most=1)
    found = faceted.explore(asked, 10)
    assert (found.ids, found.total, found.counts["field"]) == (("c",), 1, {"材料": 1})


def test_every_change_gives_another_version_where_the_engine_can_say(filled: SearchEngine):
    before = filled.version()
    assert before == filled.version()
    filled.upsert([row("e", "隧道")])
    assert before is None or before != filled.version()


def test_facets_of_everything(filled: SearchEngine):
    assert filled.facets(None, None, ["field"]) == {"field": {"材料": 1, "环保": 1, "能源": 1}}


@pytest.mark.parametrize(
    "condition", [Eq("colour", "red"), Eq("audience", "x"), Range("field", 1), AnyOf("field", ("x",)), Eq("field", 3)]
)
def test_an_unknown_field_or_a_wrong_kind_is_refused(filled: SearchEngine, condition: Filter):
    for ask in (lambda: filled.count(condition), lambda: filled.search(TextQuery(("压铸",)), And((condition,)), 1)):
        with pytest.raises(FilterError):
            ask()


def test_counting_a_number_or_an_unknown_field_is_refused(filled: SearchEngine):
    for name in ("level", "colour"):
        with pytest.raises(FilterError):
            filled.facets(None, None, [name])


@pytest.mark.parametrize(
    "bad",
    [
        row("x", "two words"),
        row("x", ""),
        row("x", "y", colour="red"),
        row("x", "y", level="7"),
        row("x", vector=(1.0,)),
    ],
)
def test_a_row_that_does_not_fit_is_refused_and_none_of_its_batch_is_written(filled: SearchEngine, bad: Row):
    with pytest.raises(RowError):
        filled.upsert([row("e", "隧道"), bad])
    assert filled.count(None) == 4


def test_a_vector_of_another_width_is_refused(filled: SearchEngine):
    with pytest.raises(FilterError):
        filled.search(VectorQuery((1.0,)), None, 1)


def test_strange_tokens_are_kept_whole_and_found_exactly(engine: SearchEngine):
    engine.upsert([row(f"{i:02}", token, "压铸") for i, token in enumerate(STRANGE)])
    for i, token in enumerate(STRANGE):
        assert found(engine.search(TextQuery((token,)), None, 20)) == [f"{i:02}"], token


def test_strange_words_in_conditions_are_words_and_nothing_else(engine: SearchEngine):
    engine.upsert([row(f"{i:02}", "x", field=word, audience=(word,)) for i, word in enumerate(STRANGE)])
    for i, word in enumerate(STRANGE):
        assert engine.ids(None, Eq("field", word)) == [f"{i:02}"]
        assert engine.ids(None, AnyOf("audience", (word,))) == [f"{i:02}"]


def test_edges(engine: SearchEngine):
    assert engine.search(TextQuery(("压铸",)), None, 5) == []
    assert (engine.count(None), engine.ids(None, None), engine.facets(None, None, ["field"])) == (0, [], {"field": {}})
    engine.upsert([])
    engine.upsert([row("a", *WORDS * 2000)])
    assert engine.search(TextQuery(()), None, 5) == []
    assert engine.ids(TextQuery(()), None) == []
    assert engine.search(TextQuery(("没有这个词",)), None, 5) == []
    assert found(engine.search(TextQuery(("压铸", "没有这个词")), None, 500)) == ["a"]


def made_on(kind: str, place: Path) -> LanceEngine | MilvusEngine:
    return LanceEngine(place / "index") if kind == "lance" else MilvusEngine(str(place / "index.db"))


@pytest.mark.parametrize("kind", ["lance", "milvus"])
def test_the_order_agrees_with_the_exact_reference(kind: str, tmp_path: Path):
    chance = random.Random(3)  # noqa: S311 -- a fixed sample, no secret
    rows = [row(f"r{i:04}", *chance.choices(WORDS, weights=range(1, 15), k=chance.randint(3, 30))) for i in range(600)]
    exact, tested = MemoryEngine(), made_on(kind, tmp_path)
    for one in (exact, tested):
        one.ensure(SCHEMA)
        one.upsert(rows)
    shared = 0
    for _ in range(30):
        query = TextQuery(tuple(chance.sample(WORDS, 3)))
        best = {round(hit.score, 4) for hit in exact.search(query, None, 10)}
        scores = {hit.id: round(hit.score, 4) for hit in exact.search(query, None, 600)}
        shared += sum(scores[hit.id] in best for hit in tested.search(query, None, 10))
    tested.close()
    assert shared >= 0.9 * 300


KINDS = st.sampled_from(["材料", "it's", "100%", "a\\b", "😀", '"', "b"])
CONDITIONS: st.SearchStrategy[Filter] = st.recursive(
    st.one_of(
        st.builds(Eq, st.just("field"), KINDS),
        st.builds(In, st.just("field"), st.lists(KINDS, max_size=3).map(tuple)),
        st.builds(AnyOf, st.just("audience"), st.lists(KINDS, max_size=3).map(tuple)),
        st.builds(Range, st.just("level"), st.none() | st.integers(0, 9), st.none() | st.integers(0, 9)),
    ),
    lambda parts: st.one_of(
        st.builds(And, st.lists(parts, max_size=3).map(tuple)),
        st.builds(Or, st.lists(parts, max_size=3).map(tuple)),
        st.builds(Not, parts),
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module", params=["lance", "milvus"])
def mixed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[SearchEngine, list[Row]]]:
    chance = random.Random(5)  # noqa: S311 -- a fixed sample, no secret
    kinds = ["材料", "it's", "100%", "a\\b", "😀", '"', "b"]
    rows = []
    for i in range(60):
        values: dict[str, object] = {"audience": tuple(chance.sample(kinds, chance.randint(0, 3)))}
        values |= {"field": chance.choice(kinds)} if i % 7 else {}
        values |= {"level": chance.randint(0, 9)} if i % 5 else {}
        rows.append(row(f"{i:02}", "x", **values))
    engine = made_on(request.param, tmp_path_factory.mktemp("mixed"))
    engine.ensure(SCHEMA)
    engine.upsert(rows)
    yield engine, rows
    engine.close()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CONDITIONS)
def test_any_condition_means_the_same_everywhere(mixed: tuple[SearchEngine, list[Row]], condition: Filter):
    engine, rows = mixed
    assert engine.ids(None, condition) == [one.id for one in rows if fulfils(one.values, condition)]


def test_another_process_sees_a_change_at_once(tmp_path: Path):
    writer = LanceEngine(tmp_path / "index")
    writer.ensure(SCHEMA)
    writer.upsert([CASTING])
    reader = LanceEngine(tmp_path / "index")
    reader.ensure(SCHEMA)
    assert reader.count(None) == 1
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        pool.apply(_ids, (tmp_path / "index",))
        writer.upsert([FLUORIDE])
        assert pool.apply(_ids, (tmp_path / "index",)) == ["a", "b"]
    assert reader.ids(None, None) == ["a", "b"]
    writer.close()


def _ids(folder: Path) -> list[str]:
    engine = LanceEngine(folder)
    engine.ensure(SCHEMA)
    return engine.ids(None, None)


def test_a_second_writer_is_refused_until_the_first_lets_go(tmp_path: Path):
    first, second = LanceEngine(tmp_path / "index"), LanceEngine(tmp_path / "index")
    first.ensure(SCHEMA)
    second.ensure(SCHEMA)
    with pytest.raises(IndexLockedError, match="another process writes"):
        second.upsert([CASTING])
    first.close()
    second.upsert([CASTING])
    assert second.count(None) == 1
    second.close()


def test_a_writer_that_is_killed_leaves_whole_batches_and_a_free_lock(tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=_write_forever, args=(tmp_path / "index",))
    child.start()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and _count(tmp_path / "index") < 300:
        time.sleep(0.05)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    survivor = LanceEngine(tmp_path / "index")
    survivor.ensure(SCHEMA)
    ids = survivor.ids(None, None)
    assert len(ids) >= 300
    assert len(ids) % 100 == 0
    assert len(set(ids)) == len(ids)
    survivor.upsert([CASTING])
    assert survivor.count(Eq("field", "材料")) == 1
    survivor.close()


def _count(folder: Path) -> int:
    try:
        return len(_ids(folder)) if (folder / "things.lance").is_dir() else 0
    except IndexDamagedError:  # the writer is still making it
        return 0


def _write_forever(folder: Path) -> None:
    engine = LanceEngine(folder)
    engine.ensure(SCHEMA)
    for batch in range(10_000):
        engine.upsert([row(f"{batch:05}-{i:03}", "压铸", "真空") for i in range(100)])


def test_a_missing_or_damaged_folder_is_named(tmp_path: Path):
    engine = LanceEngine(tmp_path / "index")
    engine.ensure(SCHEMA)
    engine.upsert([CASTING])
    engine.close()
    for file in (tmp_path / "index").rglob("*.lance"):
        if file.is_file():
            file.write_bytes(b"damaged")
    with pytest.raises(IndexDamagedError, match="rebuild it"):
        _ids(tmp_path / "index")


def test_an_index_with_other_columns_is_not_taken_for_ours(tmp_path: Path):
    engine = LanceEngine(tmp_path / "index")
    engine.ensure(SCHEMA)
    with pytest.raises(IndexDamagedError, match="other columns"):
        LanceEngine(tmp_path / "index").ensure(Schema("things", {"colour": FieldKind.KEYWORD}))
    engine.close()
