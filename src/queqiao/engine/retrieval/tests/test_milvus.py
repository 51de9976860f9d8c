"""What is particular to the index on a Milvus server, tried on milvus-lite."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from milvus_lite.server_manager import server_manager_instance

from queqiao.engine.retrieval import (
    FieldKind,
    IndexDamagedError,
    IndexUnreachableError,
    MilvusEngine,
    Not,
    Order,
    Range,
    Row,
    RowError,
    Schema,
    TextQuery,
)

SCHEMA = Schema("things", {"level": FieldKind.NUMBER, "audience": FieldKind.KEYWORDS})
NOBODY = "http://127.0.0.1:9"  # the discard port of this machine, on which nothing answers


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    place = str(tmp_path_factory.mktemp("milvus") / "index.db")
    yield place
    server_manager_instance.release_server(place)


@pytest.fixture
def engine(file: str) -> Iterator[MilvusEngine]:
    made = MilvusEngine(file)
    made.ensure(SCHEMA)
    yield made
    made.drop(SCHEMA.name)
    made.close()


def test_all_of_more_rows_than_one_answer_holds_are_found_and_counted(engine: MilvusEngine):
    ids = [f"{i:05}" for i in range(17_000)]
    engine.upsert([Row(one, ("压铸",), {"level": i % 2, "audience": ("public",)}) for i, one in enumerate(ids)])
    assert engine.ids(TextQuery(("压铸",)), None) == ids
    assert engine.count(None) == 17_000
    assert engine.facets(None, Not(Range("level", 1)), ["audience"]) == {"audience": {"public": 8_500}}
    assert engine.ids_by(None, None, Order("level"), 2) == ["00001", "00003"]


def test_a_phrase_stands_in_a_text_that_is_longer_than_a_column(engine: MilvusEngine):
    long = ("压铸", "真空") * 6_000
    engine.upsert([Row("long", (*long, "除氟", "废水")), Row("other", (*long, "废水", "除氟"))])
    assert engine.ids(TextQuery((), phrases=(("除氟", "废水"),)), None) == ["long"]
    assert engine.ids(TextQuery(("压铸",), without=(("除氟", "废水"),)), None) == ["other"]


def test_very_long_tokens_are_told_apart(engine: MilvusEngine):
    engine.upsert([Row("x", ("a" * 5_000 + "x",)), Row("y", ("a" * 5_000 + "y",))])
    assert engine.ids(TextQuery(("a" * 5_000 + "y",)), None) == ["y"]


@pytest.mark.parametrize(
    "bad",
    [
        Row("x", tuple(f"词{i}" for i in range(9_000))),
        Row("x", (), {"audience": tuple(f"org:{i}" for i in range(5_000))}),
        Row("x", (), {"audience": ("压" * 500,)}),
    ],
)
def test_what_no_server_takes_is_refused_by_name(engine: MilvusEngine, bad: Row):
    with pytest.raises(RowError, match="more"):
        engine.upsert([bad])


@pytest.mark.parametrize("one", ["it's", '" or id != "', "x'] or id != ['"])
def test_an_id_is_never_taken_for_a_condition(engine: MilvusEngine, one: str):
    engine.upsert([Row(one, ("压铸",)), Row("other", ("压铸",))])
    engine.delete([one])
    assert engine.ids(None, None) == ["other"]


def test_another_connection_sees_a_change_at_once(engine: MilvusEngine, file: str):
    reader = MilvusEngine(file)
    reader.ensure(SCHEMA)
    for i in range(5):
        engine.upsert([Row(str(i), ("压铸",))])
        assert len(reader.search(TextQuery(("压铸",)), None, 10)) == i + 1
    reader.close()
    assert reader.count(None) == 5


def test_an_index_with_other_columns_is_not_taken_for_ours(engine: MilvusEngine, file: str):
    other = Schema(SCHEMA.name, {"colour": FieldKind.KEYWORD})
    with pytest.raises(IndexDamagedError, match="other columns"):
        MilvusEngine(file).ensure(other)
    engine.drop(SCHEMA.name)
    engine.ensure(other)
    assert (engine.exists(other.name), engine.count(None)) == (True, 0)


def test_an_index_that_is_taken_away_is_damaged(engine: MilvusEngine, file: str):
    MilvusEngine(file).drop(SCHEMA.name)
    assert engine.exists(SCHEMA.name) is False
    with pytest.raises(IndexDamagedError) as raised:
        engine.count(None)
    assert not isinstance(raised.value, IndexUnreachableError)


def test_a_server_that_does_not_answer_is_said_so_within_seconds():
    began = time.monotonic()
    with pytest.raises(IndexUnreachableError, match="does not answer"):
        MilvusEngine(NOBODY).ensure(SCHEMA)
    assert time.monotonic() - began < 10


def test_without_the_library_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(IndexUnreachableError, match="pymilvus is not installed"):
        MilvusEngine(str(tmp_path / "index.db")).ensure(SCHEMA)
