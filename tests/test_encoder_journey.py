"""An encoder of texts on the command line: it takes part where it works, and where it does not nothing is lost."""

import itertools
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from samples import read_table

from queqiao.cli.doctor import Finding, examine
from queqiao.matching.encoders.tests.loopback import Server, answering, cut_off, entries, hanging, send
from queqiao.matching.encoders.tests.tiny import build_plain, build_sentence_transformers

Run = Callable[..., tuple[int, str, str]]
Table = Callable[..., Path]
pytestmark = pytest.mark.usefixtures("data_folder")
LEFT_OUT = "文本编码器没有参加排序："
THINGS = ("轴承", "齿轮", "叶片", "阀门", "螺栓", "活塞")


@pytest.fixture
def needs(table: Table) -> Path:
    rows = [(f"N{i}", f"{one}表面锈蚀", f"{one}表面在潮湿环境中生锈，要耐寒。") for i, one in enumerate(THINGS)]
    return table("needs.csv", [("id", "title", "description"), *rows])


@pytest.fixture
def achievements(table: Table) -> Path:
    kinds = ("表面真空工艺", "表面除锈", "焊接强度", "耐寒吸附", "锂电池", "深度控制")
    rows = [(f"A{i}", f"{one}{kind}") for i, (one, kind) in enumerate(itertools.product(THINGS, kinds))]
    return table("achievements.csv", [("id", "title"), *rows])


@pytest.fixture
def match(run: Run, needs: Path, achievements: Path, tmp_path: Path) -> Callable[..., tuple[bytes, str]]:
    """Match and return the result's bytes and what was said."""
    numbers = itertools.count()

    def call(*more: object) -> tuple[bytes, str]:
        out = tmp_path / f"out{next(numbers)}.csv"
        code, _printed, said = run("match", "--needs", needs, "--achievements", achievements, "--out", out, *more)
        assert code == 0, said
        return out.read_bytes(), said

    return call


Match = Callable[..., tuple[bytes, str]]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def call(place: object, *, timeout: float = 5) -> None:
        monkeypatch.setenv("QUEQIAO_ENCODER", str(place))
        monkeypatch.setenv("QUEQIAO_ENCODER_MODEL", "m")
        monkeypatch.setenv("QUEQIAO_ENCODER_TIMEOUT", str(timeout))

    return call


Use = Callable[..., None]


def test_a_model_in_a_folder_moves_candidates_and_the_same_again_gives_the_same_bytes(
    match: Match, use: Use, tmp_path: Path
):
    plain, said = match()
    assert LEFT_OUT not in said
    use(build_plain(tmp_path / "模型"))
    moved, said = match()
    assert LEFT_OUT not in said
    assert moved != plain
    assert match()[0] == moved  # now from the cache
    levels = [{(row["need_id"], row["achievement_id"]): row["level"] for row in table} for table in tables(tmp_path)]
    assert levels[0] == levels[1]


def tables(tmp_path: Path) -> list[list[dict[str, str]]]:
    return [read_table(tmp_path / f"out{i}.csv") for i in range(2)]


def test_a_folder_of_sentence_transformers_and_a_server_of_the_same_model_are_both_taken(
    match: Match, use: Use, server: Server, tmp_path: Path
):
    plain, _said = match()
    use(build_sentence_transformers(tmp_path / "st"))
    assert match()[0] != plain
    use(server.url)
    assert match()[0] != plain
    asked = len(server.texts)
    assert asked == len(set(server.texts))
    match()
    assert len(server.texts) == asked


def test_the_report_names_the_part_and_pairs_are_scored_with_it(
    match: Match, use: Use, server: Server, table: Table, tmp_path: Path
):
    use(server.url)
    match("--report", tmp_path / "report.html")
    assert "语义" in (tmp_path / "report.html").read_text("utf-8")
    pairs = table("pairs.csv", [("need_id", "achievement_id"), *(("N0", f"A{i}") for i in range(6))])
    with_encoder, _said = match("--pairs", pairs)
    use("")
    assert match("--pairs", pairs)[0] != with_encoder


def wide_later(server: Server, handler: BaseHTTPRequestHandler) -> None:
    width = 8 if len(server.asked) < 4 else 5
    send(handler, {"data": entries(server.asked[-1]["input"], width)})


@pytest.mark.parametrize(
    ("behave", "told"),
    [
        (hanging, "在 0.3 秒内没有答复"),
        (cut_off, "中途断开"),
        (wide_later, "给出 5 维的向量，应为 8 维"),
        (answering(lambda _texts: {}, 500), "没有接受请求（500）"),
        (answering(lambda texts: {"data": [{"index": i, "embedding": [float("nan")]} for i in range(len(texts))]}),
         "不是数的值"),
    ],
    ids=["hangs", "breaks off", "another width", "error", "not a number"],
)  # fmt: skip
def test_whatever_a_server_does_wrong_the_results_are_those_of_the_default(
    match: Match, use: Use, server: Server, behave: Callable[..., None], told: str
):
    plain, _said = match()
    use(server.url, timeout=0.3)
    server.behave = behave
    began = time.monotonic()
    failed, said = match()
    assert failed == plain
    assert [told in line for line in said.splitlines() if line.startswith(LEFT_OUT)] == [
        True
    ]  # once, not for each need
    assert time.monotonic() - began < 5


def test_a_server_that_goes_away_on_the_way_leaves_nothing_of_its_own(match: Match, use: Use, server: Server):
    plain, _said = match()
    use(server.url)
    server.answers = 7  # more than the first need takes
    failed, said = match()
    assert failed == plain
    assert said.count(LEFT_OUT) == 1
    assert len(server.asked) == 9  # seven answered, one more and its second try


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("/nowhere/at/all", "没有 /nowhere/at/all 这个模型文件夹"),
        ("http://127.0.0.1:9", "连不上 127.0.0.1:9"),
        ("http://encoder.example.com", "公网地址请用 https"),
    ],
)
def test_a_setting_that_leads_nowhere_is_said_and_the_results_are_those_of_the_default(
    match: Match, use: Use, place: str, told: str
):
    plain, _said = match()
    use(place)
    failed, said = match()
    assert failed == plain
    (line,) = [line for line in said.splitlines() if line.startswith(LEFT_OUT)]
    assert told in line
    assert "。。" not in line
    assert ".。" not in line


def test_doctor_says_whether_the_encoder_answers_how_wide_and_how_fast(use: Use, server: Server, tmp_path: Path):
    def found() -> Finding | None:
        return next((one for one in examine() if one.name == "encoder"), None)

    assert found() is None
    use(server.url)
    good = found()
    assert good is not None
    assert (good.present, good.needed) == (True, False)
    assert "：8 维，每条文本 " in good.detail
    use(server.url, timeout=0.3)
    server.behave = hanging
    late = found()
    assert late is not None
    assert (late.present, late.needed) == (False, False)
    assert "没有答复" in late.detail
    use(build_plain(tmp_path / "m"))
    folder = found()
    assert folder is not None
    assert folder.present


def test_bulk_comparing_counts_the_meaning_and_without_it_the_words_alone(
    run: Run, use: Use, server: Server, needs: Path, achievements: Path, tmp_path: Path
):
    def bulk() -> tuple[list[dict[str, str]], str]:
        out = tmp_path / "top.csv"
        code, _printed, said = run("bulk", "--needs", needs, "--achievements", achievements, "--out", out, "--top", 36)
        assert code == 0, said
        return read_table(out), said

    plain, said = bulk()
    assert LEFT_OUT not in said
    use(server.url)
    with_meaning, said = bulk()
    assert LEFT_OUT not in said
    assert len(server.texts) == len(set(server.texts)) == 42
    words = {(row["need_id"], row["achievement_id"]): float(row["similarity"]) for row in plain}
    shares = [
        (float(row["similarity"]) - 0.7 * words.get((row["need_id"], row["achievement_id"]), 0.0)) / 0.3
        for row in with_meaning
    ]
    assert all(-1.00001 <= cosine <= 1.00001 for cosine in shares)
    assert max(shares) - min(shares) > 0.01
    server.behave = answering(lambda _texts: {}, 500)
    use(f"{server.url}/elsewhere")
    again, said = bulk()
    assert LEFT_OUT in said
    assert again == plain
