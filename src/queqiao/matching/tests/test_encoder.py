"""An encoder of texts in the site: it orders the best candidates, each match says so, and nothing waits for it."""

import datetime
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from queqiao.accounts.actors import system
from queqiao.accounts.models import User
from queqiao.engine.ranking.ranker import MODEL_VERSION
from queqiao.matching.actions.adding import add_by_hand
from queqiao.matching.actions.running import match_everything
from queqiao.matching.encoders.standing import PAUSE
from queqiao.matching.encoders.tests.loopback import Server, answering, hanging
from queqiao.matching.encoders.tests.tiny import build_plain
from queqiao.matching.models import Match, Round
from queqiao.matching.tests.desk import Desk
from queqiao.matching.tests.workshop import put_out, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_folder")]
ADDED = "铝合金铸件表面处理与气孔控制"


@pytest.fixture
def desk(data_folder: Path) -> Desk:
    data_folder.mkdir()
    return Desk()


Use = Callable[[object], None]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    def call(place: object) -> None:
        monkeypatch.setenv("QUEQIAO_ENCODER", str(place))
        monkeypatch.setenv("QUEQIAO_ENCODER_MODEL", "m")
        monkeypatch.setenv("QUEQIAO_ENCODER_TIMEOUT", "0.3")

    return call


def everything() -> None:
    match_everything(by=system("test"))
    work()


def rows() -> list[tuple[Any, ...]]:
    fields = ("need_id", "candidate_id", "rank", "score", "level", "parts", "evidence", "listed", "model_version")
    return list(Match.objects.order_by("need", "candidate_id").values_list(*fields))


def versions(**narrow: object) -> set[str]:
    return set(Match.objects.filter(listed=True, **narrow).values_list("model_version", flat=True))


def page_of(desk: Desk) -> str:
    client = Client()
    client.force_login(User.objects.get(person=desk.first))
    return client.get("/staff/model").content.decode()


def test_a_match_says_that_an_encoder_took_part_and_which_until_it_is_left(desk: Desk, use: Use, tmp_path: Path):
    before = rows()
    use(build_plain(tmp_path / "bge-small-zh"))
    everything()
    (version,) = versions(kind="achievement")
    assert version.startswith(f"{MODEL_VERSION}~bge-small-zh@")
    assert versions(kind="expert") <= {MODEL_VERSION}
    assert set(Round.objects.values_list("model_version", flat=True)) == {version}
    assert any("semantic" in match.parts for match in Match.objects.all())
    for match in Match.objects.filter(listed=True):
        assert match.score == pytest.approx(sum(match.parts.values()), abs=1e-9)
    assert f"文本编码器 {version[2:]} 参加了最近一次匹配" in page_of(desk)

    use("")
    everything()
    assert rows() == before
    assert "文本编码器" not in page_of(desk)


def test_a_changed_record_is_matched_with_the_encoder_too(desk: Desk, use: Use, server: Server):
    use(server.url)
    put_out(desk.offered[3], title=ADDED)
    from queqiao.matching.actions.running import note_due

    note_due("achievement", desk.offered[3].pk)
    work()
    assert {version[:4] for version in versions(need=desk.need, kind="achievement")} == {f"{MODEL_VERSION}~m@"}
    assert any(ADDED in text for text in server.texts)


@pytest.mark.parametrize("answers", [0, 1, 2])
def test_a_server_that_goes_away_in_a_full_run_leaves_every_need_as_without_it(
    desk: Desk, use: Use, server: Server, answers: int, caplog: pytest.LogCaptureFixture
):
    everything()
    before = rows()
    use(server.url)
    server.answers = answers
    everything()
    assert rows() == before
    assert len([one for one in caplog.messages if "文本编码器没有参加排序" in one]) == 1
    assert len(server.asked) == answers + 2  # one more, and its second try
    page = page_of(desk)
    assert "文本编码器没有参加排序：连不上 127.0.0.1" in page
    assert "全部重新匹配一次" in page


def test_after_a_failure_small_changes_do_not_wait_for_the_server_again_and_a_full_run_asks_it(
    desk: Desk, use: Use, server: Server, data_folder: Path
):
    from queqiao.matching.actions.running import note_due

    use(server.url)
    server.behave = hanging
    began = time.monotonic()
    everything()
    assert time.monotonic() - began < 5
    assert len(server.asked) == 1
    for _ in range(2):
        note_due("need", desk.need.pk)
        work()
    assert len(server.asked) == 1
    assert versions() == {MODEL_VERSION}

    kept = json.loads((data_folder / "encoder.json").read_text("utf-8"))
    kept["at"] = (timezone.now() - PAUSE - datetime.timedelta(seconds=1)).isoformat()
    (data_folder / "encoder.json").write_text(json.dumps(kept), encoding="utf-8")
    server.behave = None
    note_due("need", desk.need.pk)
    work()
    assert versions(need=desk.need, kind="achievement") != {MODEL_VERSION}

    server.behave = answering(lambda _texts: {}, 500)
    (data_folder / "encoder.sqlite3").unlink()
    everything()
    assert versions() == {MODEL_VERSION}
    server.behave = None
    everything()  # at once: somebody asked for it
    assert {version[:4] for version in versions(kind="achievement")} == {f"{MODEL_VERSION}~m@"}


@pytest.mark.parametrize("place", ["/nowhere", "http://encoder.example.com", "http://127.0.0.1:9"])
def test_a_setting_that_leads_nowhere_holds_nothing_up(desk: Desk, use: Use, place: str):
    everything()
    before = rows()
    use(place)
    everything()
    assert rows() == before
    assert "文本编码器没有参加排序：" in page_of(desk)


def test_who_adds_a_candidate_by_hand_waits_for_no_server(desk: Desk, use: Use, server: Server):
    use(server.url)
    server.behave = hanging
    match = add_by_hand(desk.need, desk.offered[5].number, by=desk.staff)
    assert (match.model_version, server.asked) == (MODEL_VERSION, [])


def test_before_the_first_match_the_page_says_that_an_encoder_is_set(desk: Desk, use: Use, server: Server):
    use(server.url)
    assert "已设置文本编码器，从下一次匹配起参加排序。" in page_of(desk)
    assert server.asked == []
