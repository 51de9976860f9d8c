"""``queqiao bulk`` as its users meet it: what is written, and what becomes of a run that breaks off."""

from collections.abc import Callable
from pathlib import Path

import pytest
from samples import ACHIEVEMENTS, NEEDS, read_table

Run = Callable[..., tuple[int, str, str]]
Table = Callable[..., Path]


@pytest.fixture
def bulk(run: Run, table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    monkeypatch.delenv("QUEQIAO_RAY_ADDRESS", raising=False)
    needs, achievements = table("needs.csv", NEEDS), table("achievements.csv", ACHIEVEMENTS)

    def call(*more: object) -> tuple[int, str]:
        words = ("--needs", needs, "--achievements", achievements, "--out", tmp_path / "top.csv", *more)
        code, printed, said = run("bulk", *words)
        assert printed == ""
        return code, said

    return call


def test_every_need_gets_the_achievements_most_alike(bulk, tmp_path: Path):
    code, said = bulk("--top", 1)
    assert code == 0
    assert "3 条需求已与 3 项成果逐一比较" in said
    rows = read_table(tmp_path / "top.csv")
    assert list(rows[0]) == ["need_id", "achievement_id", "rank", "similarity"]
    assert [(row["need_id"], row["achievement_id"], row["rank"]) for row in rows[:2]] == [
        ("N1", "A1", "1"), ("N2", "A2", "1"),
    ]  # fmt: skip
    assert not (tmp_path / "top.csv.parts").exists()


def test_the_similarity_is_that_of_match(bulk, run: Run, table: Table, tmp_path: Path):
    assert bulk()[0] == 0
    pairs = tmp_path / "top.csv"
    inputs = ("--needs", tmp_path / "needs.csv", "--achievements", tmp_path / "achievements.csv")
    assert run("match", *inputs, "--pairs", pairs, "--out", tmp_path / "scored.csv")[0] == 0
    scores = {(row["need_id"], row["achievement_id"]): row["score"] for row in read_table(tmp_path / "scored.csv")}
    for row in read_table(pairs):
        if (row["need_id"], row["achievement_id"]) not in {("N1", "A1"), ("N2", "A2")}:  # where no indicator counts
            assert row["similarity"] == scores[row["need_id"], row["achievement_id"]]


def test_achievements_of_the_same_text_stand_in_the_order_of_their_ids(bulk, table: Table, tmp_path: Path):
    table("achievements.csv", [("id", "title"), *((one, "压铸件气孔控制") for one in ("B", "C", "A"))])
    assert bulk()[0] == 0
    of_the_first = [row["achievement_id"] for row in read_table(tmp_path / "top.csv") if row["need_id"] == "N1"]
    assert of_the_first == ["A", "B", "C"]


def test_given_a_run_broke_off_then_the_next_one_goes_on_unless_a_table_has_changed(
    bulk, table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def break_off() -> str:
        with monkeypatch.context() as context:
            context.setenv("QUEQIAO_RAY_ADDRESS", "127.0.0.1:1")
            code, said = bulk()
        assert code == 2
        assert "已完成的部分保留着" in said
        assert not (tmp_path / "top.csv").exists()
        return said

    pytest.importorskip("ray")
    assert "分析文本" in break_off()
    assert "分析文本" not in break_off()
    table("needs.csv", [*NEEDS, ("N4", "钛合金焊接变形", "")])
    assert "分析文本" in break_off()
    code, said = bulk()
    assert code == 0
    assert "分析文本" not in said
    assert {row["need_id"] for row in read_table(tmp_path / "top.csv")} >= {"N1", "N2", "N4"}


def test_given_somebody_breaks_it_off_then_what_is_kept_is_said(bulk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def broken_off(job: object, show: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr("queqiao.cli.bulk.run_job", broken_off)
        code, said = bulk()
    assert code == 2
    assert f"文本已切好，0/3 条需求已算好，都留在 {tmp_path / 'top.csv.parts'}" in said
    code, said = bulk()
    assert code == 0
    assert "分析文本" not in said


def test_given_the_folder_beside_the_result_cannot_be_written_then_that_is_said(bulk, tmp_path: Path):
    (tmp_path / "top.csv.parts").touch()
    code, said = bulk()
    assert code == 2
    assert "无法写入文件夹" in said
