"""The site with its index on a Milvus server: milvus-lite on a local file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from milvus_lite.server_manager import server_manager_instance

from queqiao.accounts.actors import STRANGER
from queqiao.engine.retrieval import IndexDamagedError, IndexUnreachableError
from queqiao.needs.models import Need
from queqiao.records.actions import renew_audience
from queqiao.records.choices import State
from queqiao.research.models import Achievement
from queqiao.search import index
from queqiao.search.asking import Question
from queqiao.search.entries import SCHEMA
from queqiao.search.finding import How, find
from queqiao.search.indexer import Indexer
from queqiao.search.tests.test_entries import published

pytestmark = pytest.mark.django_db
NOBODY = "http://127.0.0.1:9"  # the discard port of this machine, on which nothing answers


@pytest.fixture(autouse=True)
def file(tmp_path: Path, settings: Any) -> Iterator[str]:
    settings.DATA_DIR = str(tmp_path)
    settings.SEARCH_URL = str(tmp_path / "index.db")
    yield settings.SEARCH_URL
    server_manager_instance.release_server(settings.SEARCH_URL)


def titles(text: str, how: How, **chosen: Any) -> list[str]:
    answer = find(Question(text, chosen), STRANGER)
    assert answer.how is how
    return [row.title for row in answer.rows]  # type: ignore[union-attr]


def settle(indexer: Indexer) -> None:
    while indexer.step():
        pass


def test_what_is_published_is_drained_into_the_server_and_found_again(tmp_path: Path):
    indexer = Indexer()
    settle(indexer)  # makes it
    settle(indexer)
    need = published(Need, title="铝合金压铸件气孔率高", problem="真空度不足")
    published(Achievement, title="真空压铸工艺", result="气孔率降到 0.5%", trl=8)
    settle(indexer)
    assert titles("压铸 气孔率", How.EVERY) == ["铝合金压铸件气孔率高", "真空压铸工艺"]
    assert titles("“真空压铸”", How.EVERY) == ["真空压铸工艺"]
    assert titles("压铸 -工艺", How.EVERY) == ["铝合金压铸件气孔率高"]
    answer = find(Question("压铸", {"kind": ("need",)}), STRANGER)
    assert [row.pk for row in answer.rows] == [need.pk]
    assert answer.counts["kind"] == {"achievement": 1, "need": 1}
    assert answer.counts["maturity"] == {}
    need.state = State.ARCHIVED
    need.save()
    renew_audience(need)
    settle(indexer)
    assert titles("压铸", How.EVERY) == ["真空压铸工艺"]
    assert not (tmp_path / "index").exists()


def test_an_index_that_somebody_drops_is_built_anew_and_titles_are_searched_meanwhile():
    published(Achievement, title="真空压铸工艺", result="气孔率降到 0.5%")
    settle(Indexer())
    assert titles("气孔率", How.EVERY) == ["真空压铸工艺"]
    index.chosen_engine().drop(SCHEMA.name)
    with pytest.raises(IndexDamagedError):
        index.open_to_read()
    assert titles("压铸", How.TITLES) == ["真空压铸工艺"]
    settle(Indexer())
    assert titles("气孔率", How.EVERY) == ["真空压铸工艺"]


def test_given_the_server_does_not_answer_then_titles_are_searched_and_nothing_is_rebuilt(
    settings: Any, tmp_path: Path, file: str
):
    settle(Indexer())
    published(Achievement, title="真空压铸工艺", result="气孔率降到 0.5%")
    settings.SEARCH_URL = NOBODY
    assert titles("压铸", How.TITLES) == ["真空压铸工艺"]
    with pytest.raises(IndexUnreachableError):
        Indexer().step()
    assert not (tmp_path / "index.damaged").exists()
    settings.SEARCH_URL = file
    settle(Indexer())
    assert titles("气孔率", How.EVERY) == ["真空压铸工艺"]
