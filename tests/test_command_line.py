"""The command line as its users meet it: what it writes, and what it says when something is wrong."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from samples import ACHIEVEMENTS, NEEDS, read_table

Run = Callable[..., tuple[int, str, str]]
Table = Callable[..., Path]
Rows = list[dict[str, str]]


def test_from_two_lists_to_a_shortlist_with_reasons(run: Run, needs: Path, achievements: Path, tmp_path: Path):
    out = tmp_path / "matches.csv"
    code, _printed, said = run("match", "--needs", needs, "--achievements", achievements, "--out", out)
    rows = read_table(out)
    assert code == 0
    assert list(rows[0]) == ["need_id", "achievement_id", "rank", "score", "level", "reasons"]
    assert [(row["need_id"], row["achievement_id"]) for row in rows if row["rank"] == "1"] == [
        ("N1", "A1"),
        ("N2", "A2"),
    ]
    assert rows[0]["reasons"].startswith("共同用词：")
    assert "指标 2 项达到" in rows[0]["reasons"]
    assert "3 条需求：2 条找到候选成果，1 条没有合适的成果" in said


def test_the_same_input_gives_the_same_bytes(run: Run, needs: Path, achievements: Path, tmp_path: Path):
    outs = [tmp_path / name for name in ("one.csv", "two.csv", "one.xlsx", "two.xlsx", "one.html", "two.html")]
    for table, report in ((outs[0], outs[4]), (outs[1], outs[5]), (outs[2], outs[4]), (outs[3], outs[5])):
        call = ("match", "--needs", needs, "--achievements", achievements, "--out", table, "--report", report)
        assert run(*call)[0] == 0
    contents = [path.read_bytes() for path in outs]
    assert contents[0::2] == contents[1::2]


def test_english_speaks_english(run: Run, needs: Path, achievements: Path, tmp_path: Path):
    out = tmp_path / "matches.csv"
    call = ("match", "--needs", needs, "--achievements", achievements, "--out", out, "--lang", "en")
    code, _printed, said = run(*call)
    assert (code, "nothing fits 1" in said) == (0, True)
    assert "words in common" in read_table(out)[0]["reasons"]


def test_top_limits_the_list(run: Run, needs: Path, achievements: Path, tmp_path: Path):
    out = tmp_path / "matches.csv"
    run("match", "--needs", needs, "--achievements", achievements, "--out", out, "--top", 1)
    assert [row["need_id"] for row in read_table(out)] == ["N1", "N2"]


def test_given_pairs_each_get_a_line(run: Run, table: Table, needs: Path, achievements: Path, tmp_path: Path):
    pairs = table("pairs.csv", [("need_id", "achievement_id"), ("N3", "A3"), ("N1", "A2"), ("N1", "A1")])
    out = tmp_path / "scored.csv"
    assert run("match", "--needs", needs, "--achievements", achievements, "--pairs", pairs, "--out", out)[0] == 0
    assert [(row["need_id"], row["achievement_id"], row["rank"]) for row in read_table(out)] == [
        ("N1", "A1", "1"), ("N1", "A2", "2"), ("N3", "A3", "1"),
    ]  # fmt: skip


def test_a_pair_with_an_unknown_id_is_named_with_its_line(run: Run, table: Table, needs: Path, achievements: Path):
    pairs = table("pairs.csv", [("need_id", "achievement_id"), ("N1", "A1"), ("N1", "A99")])
    code, _printed, said = run(
        "match", "--needs", needs, "--achievements", achievements, "--pairs", pairs, "--out", "x"
    )
    assert code == 2
    assert f"{pairs}，第 3 行，“achievement_id”列：成果表中没有编号 A99" in said


@pytest.fixture
def match_experts(run: Run, table: Table, needs: Path, tmp_path: Path) -> Callable[..., tuple[int, str, Rows]]:
    """Match needs with experts through their records; what was said and the rows of the result come back."""
    experts = table("experts.csv", [("专家编号", "姓名"), ("E1", "甲"), ("E2", "乙"), ("E3", "丙")])
    records = table(
        "records.csv",
        [
            ("expert_id", "item_id", "title", "text", "year"),
            ("E1", "P1", "水中氟离子的锆基吸附", "含氟废水深度处理", 2023),
            ("E2", "P2", "真空压铸模具排气", "薄壁铸件气孔", 2021),
        ],
    )
    out = tmp_path / "expert-matches.csv"

    def matched(*more: object) -> tuple[int, str, Rows]:
        call = ("match", "--needs", needs, "--experts", experts, "--records", records, "--out", out, *more)
        code, _printed, said = run(*call)
        return code, said, read_table(out) if out.exists() else []

    return matched


def test_experts_through_their_records(match_experts):
    code, said, rows = match_experts()
    assert code == 0
    assert list(rows[0]) == ["need_id", "expert_id", "rank", "score", "level", "reasons"]
    assert [(row["need_id"], row["expert_id"]) for row in rows if row["rank"] == "1"] == [("N1", "E2"), ("N2", "E1")]
    assert "《水中氟离子的锆基吸附》（2023）" in next(row["reasons"] for row in rows if row["need_id"] == "N2")
    assert "1 位专家没有业绩记录" in said
    assert "须回避" not in said


def test_an_expert_who_must_keep_away_from_a_need_is_not_on_its_list(match_experts, table: Table):
    everybody = [(row["need_id"], row["expert_id"]) for row in match_experts()[2]]
    conflicts = table("avoid.csv", [("需求编号", "专家编号"), ("N2", "E1"), ("N2", "E1"), ("N1", "E3")])
    code, said, rows = match_experts("--conflicts", conflicts)
    assert code == 0
    assert ("N2", "E1") in everybody
    assert [(row["need_id"], row["expert_id"]) for row in rows if row["need_id"] != "N2"] == [
        pair for pair in everybody if pair[0] != "N2"
    ]
    assert "E1" not in [row["expert_id"] for row in rows if row["need_id"] == "N2"]
    assert "2 对须回避，没有列入名单。" in said


def test_a_conflict_of_an_unknown_need_or_expert_is_named_with_its_place(match_experts, table: Table):
    for pair, said_of_it in (
        (("N9", "E1"), "“need”列：需求表中没有编号 N9"),
        (("N1", "E9"), "“expert”列：专家表中没有编号 E9"),
    ):
        conflicts = table("avoid.csv", [("need", "expert"), ("N1", "E1"), pair])
        code, said, rows = match_experts("--conflicts", conflicts)
        assert (code, rows) == (2, [])
        assert f"{conflicts}，第 3 行，{said_of_it}" in said


def test_an_item_of_somebody_unknown_is_named_with_its_place(match_experts, table: Table):
    records = table("other.csv", [("专家编号", "题名"), ("E1", "除氟"), ("E9", "压铸")])
    code, said, rows = match_experts("--records", records)
    assert (code, rows) == (2, [])
    assert f"{records}，第 3 行，“专家编号”列：专家表中没有编号 E9" in said


def test_words_of_the_operator_become_reasons(run: Run, table: Table, tmp_path: Path):
    needs = table("n.csv", [("id", "title"), ("1", "相变储能板封装")])
    offers = table("a.csv", [("id", "title"), ("1", "建筑用相变储能板"), ("2", "钢结构")])
    words = tmp_path / "words.txt"
    words.write_text("# 建材\n相变储能板\n", encoding="utf-8")
    out = tmp_path / "m.csv"
    assert run("match", "--needs", needs, "--achievements", offers, "--words", words, "--out", out)[0] == 0
    assert "相变储能板" in read_table(out)[0]["reasons"]


def test_indicators_one_object_a_line(run: Run, table: Table, tmp_path: Path):
    texts = table("texts.csv", [("id", "text"), ("t1", " 气孔率不高于1.5%"), ("t2", "没有指标")])
    out = tmp_path / "indicators.jsonl"
    assert run("indicators", "--texts", texts, "--out", out)[0] == 0
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [(line["id"], len(line["indicators"])) for line in lines] == [("t1", 1), ("t2", 0)]
    found = lines[0]["indicators"][0]
    assert found == {
        "start": 4, "end": 11, "name": "气孔率", "comparison": "le", "low": None, "high": 1.5, "unit": "%",
        "relative": False, "condition": None,
    }  # fmt: skip


def test_gaps_hold_each_demand_against_what_is_stated(
    run: Run, table: Table, needs: Path, achievements: Path, tmp_path: Path
):
    pairs = table("pairs.csv", [("need_id", "achievement_id"), ("N1", "A1"), ("N2", "A3")])
    out = tmp_path / "gaps.csv"
    call = ("gaps", "--needs", needs, "--achievements", achievements, "--pairs", pairs, "--out", out)
    code, _printed, said = run(*call)
    rows = read_table(out)
    assert (code, "2 对，3 项要求：2 项达到，0 项未达到，1 项未说明" in said) == (0, True)
    assert [(row["need_id"], row["achievement_id"], row["required"], row["status"]) for row in rows] == [
        ("N1", "A1", "不高于1.5%", "met"),
        ("N1", "A1", "不低于240MPa", "met"),
        ("N2", "A3", "小于1.5mg/L", "not_stated"),
    ]
    texts = {row[0]: row[2] for row in (*NEEDS, *ACHIEVEMENTS)}
    for row in rows:
        assert texts[row["need_id"]][int(row["need_start"]) : int(row["need_end"])] == row["required"]
        if row["offered"]:
            place = slice(int(row["offered_start"]), int(row["offered_end"]))
            assert texts[row["achievement_id"]][place] == row["offered"]


def test_gaps_name_a_pair_with_an_unknown_id_and_keep_the_others(
    run: Run, table: Table, needs: Path, achievements: Path, tmp_path: Path
):
    pairs = table("pairs.csv", [("need_id", "achievement_id"), ("N9", "A1"), ("N1", "A1"), ("N1", "A99")])
    out = tmp_path / "gaps.csv"
    call = ("gaps", "--needs", needs, "--achievements", achievements, "--pairs", pairs, "--out", out)
    code, _printed, said = run(*call)
    assert (code, {row["need_id"] for row in read_table(out)}) == (0, {"N1"})
    assert f"{pairs}，第 2 行，“need_id”列：需求表中没有编号 N9，这一对已略过。" in said
    assert f"{pairs}，第 4 行，“achievement_id”列：成果表中没有编号 A99，这一对已略过。" in said


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([("need_id", "score"), ("N1", "1")], "achievement_id"),
        ([("need_id", "achievement_id"), ("N9", "A1")], "没有写出结果；请核对编号"),
    ],
)
def test_gaps_write_nothing_where_no_pair_can_be_read(
    run: Run, table: Table, needs: Path, achievements: Path, tmp_path: Path, rows: list[tuple[str, ...]], sentence: str
):
    out = tmp_path / "gaps.csv"
    call = ("gaps", "--needs", needs, "--achievements", achievements, "--pairs", table("p.csv", rows), "--out", out)
    code, _printed, said = run(*call)
    assert (code, sentence in said, out.exists()) == (2, True, False)


def test_evaluate_measures_ranking_and_levels(run: Run, table: Table):
    header = ("need_id", "achievement_id", "rank", "score", "level", "reasons")
    matches = table("m.csv", [header, ("N", "A", 1, 0.9, 4, ""), ("N", "B", 2, 0.5, 2, ""), ("N", "C", 3, 0.1, 1, "")])
    judgements = table("j.csv", [("need_id", "achievement_id", "level"), ("N", "A", 3), ("N", "B", 4), ("N", "C", 1)])
    code, printed, _said = run("evaluate", "--judgements", judgements, "--matches", matches, "--json")
    result = json.loads(printed)
    assert (code, result["needs"], result["pairs"], result["unscored"]) == (0, 1, 3, 0)
    assert result["auc"] == 1.0
    assert result["ndcg_at_10"] == pytest.approx((3 + 7 / 1.584962500721156) / (7 + 3 / 1.584962500721156))
    assert result["level_score"] == 0.5


def test_a_judged_pair_without_a_match_counts_as_last(run: Run, table: Table):
    matches = table("m.csv", [("need_id", "achievement_id", "score"), ("N", "B", 0.5)])
    judgements = table("j.csv", [("need_id", "achievement_id", "level"), ("N", "A", 4), ("N", "B", 1)])
    code, printed, _said = run("evaluate", "--judgements", judgements, "--matches", matches)
    assert code == 0
    assert "其中 1 对没有匹配结果" in printed
    assert "AUC        0.0000" in printed
    assert "1/(1+MAE)  无" in printed


def test_doctor_finds_everything_here(run: Run):
    code, printed, _said = run("doctor")
    assert code == 0
    assert "必需的都有。" in printed


def test_doctor_names_what_is_missing_and_what_does_not_work_without_it():
    from queqiao.cli.doctor import examine

    lacking = {finding.name: finding.detail for finding in examine(find=lambda name: None) if not finding.present}
    assert lacking["rjieba"] == "无法切分中文词语；运行 make setup 安装"
    assert lacking["lancedb"] == "无法建立磁盘索引；运行 make setup 安装"


def test_doctor_says_whether_the_search_server_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    from queqiao.cli.doctor import examine

    def look() -> dict[str, bool]:
        return {one.name: one.present for one in examine() if one.name in ("Milvus", "pymilvus")}

    assert look() == {}
    monkeypatch.setenv("QUEQIAO_SEARCH_URL", str(tmp_path / "index.db"))
    assert look() == {"Milvus": True}
    monkeypatch.setenv("QUEQIAO_SEARCH_URL", "http://127.0.0.1:9")  # nothing answers there
    assert look() == {"Milvus": False}
    assert "pymilvus" in [one.name for one in examine(find=lambda _name: None) if not one.present]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["frobnicate"], "没有“frobnicate”这个命令"),
        (["match"], "缺少选项 --needs、--out"),
        (["match", "--needs"], "选项 --needs 后面缺少值或值不对：需要一个值"),
        (["match", "--needs", "n", "--out", "o", "--colour"], "不认识 --colour"),
        (["match", "--needs", "n", "--out", "o", "--top", "0"], "“0”不是 1 或更大的整数"),
        (["match", "--needs", "n", "--out", "o"], "请给出 --achievements，或者同时给出 --experts 和 --records。"),
        (["match", "--needs", "n", "--out", "o", "--experts", "e"], "--experts 和 --records 要一起给出。"),
        (
            ["match", "--needs", "n", "--out", "o", "--achievements", "a", "--conflicts", "c"],
            "--conflicts 只能与 --experts 同用。",
        ),
        (["--lang", "fr", "doctor"], "可用 / available: zh, en"),
    ],
)
def test_a_wrong_call_gets_one_sentence(run: Run, words: list[str], sentence: str):
    code, printed, said = run(*words)
    assert (code, printed) == (2, "")
    assert sentence in said
    assert len(said.strip().splitlines()) == 1


def test_help_lists_every_option_in_both_languages(run: Run):
    for code, heading in (("zh", "用法："), ("en", "Usage: ")):
        status, printed, _said = run("match", "--help", "--lang", code)
        assert status == 0
        assert all(f"  {name} " in printed for name in ("--needs", "--achievements", "--experts", "--pairs", "--top"))
        assert heading in printed


def test_an_output_folder_that_cannot_be_written_is_said_before_the_work(run: Run, needs: Path, achievements: Path):
    code, _printed, said = run("match", "--needs", needs, "--achievements", achievements, "--out", needs / "out.csv")
    assert code == 2
    assert "什么也没有写" in said
    assert "分析文本" not in said


@pytest.mark.parametrize(
    ("name", "rows", "sentence"),
    [
        ("n.csv", [], "空"),
        ("n.csv", [("id", "title", "description")], "没有数据"),
        ("n.csv", [("id", "描述"), ("1", "x")], "缺少列：title（需求名称）"),
        ("n.csv", [("id", "title"), ("1", "a"), ("1", "b")], "第 3 行，“id”列"),
    ],
)
def test_a_bad_sheet_is_named_with_its_line_and_nothing_is_written(
    run: Run, table: Table, achievements: Path, tmp_path: Path, name: str, rows: list[tuple[str, ...]], sentence: str
):
    path, out = table(name, rows), tmp_path / "out.csv"
    code, _printed, said = run("match", "--needs", path, "--achievements", achievements, "--out", out)
    assert (code, out.exists()) == (2, False)
    assert str(path) in said
    assert sentence in said


def test_long_short_and_odd_texts_are_matched_like_any_other(run: Run, table: Table, tmp_path: Path):
    needs = table(
        "n.csv",
        [("id", "title", "description"), ("1", "钢", ""), ("2", "真空压铸", "压铸气孔" * 5000),
         ("3", "\x01除氟\x02", "🎉"),
         ("4", "除氟廢水", ""), ("5", "battery", "solid state")],
    )  # fmt: skip
    offers = table(
        "a.csv", [("id", "title"), ("1", "轴承钢"), ("2", "真空压铸"), ("3", "废水除氟"), ("4", "Batteries")]
    )
    out = tmp_path / "m.csv"
    assert run("match", "--needs", needs, "--achievements", offers, "--out", out)[0] == 0
    best = {row["need_id"]: row["achievement_id"] for row in read_table(out) if row["rank"] == "1"}
    assert best == {"1": "1", "2": "2", "3": "3", "4": "3", "5": "4"}


def test_gb18030_and_xlsx_give_what_utf_8_csv_gives(run: Run, table: Table, tmp_path: Path):
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in [("2026 年度科技成果征集表",), *ACHIEVEMENTS]:
        book.active.append(row)
    book.active.merge_cells("A1:C1")
    book.save(tmp_path / "a.xlsx")
    plain, national = table("n.csv", NEEDS), table("n-gb.csv", NEEDS, encoding="gb18030")
    outs = []
    for needs, offers in ((plain, table("a.csv", ACHIEVEMENTS)), (national, tmp_path / "a.xlsx")):
        outs.append(tmp_path / f"{needs.stem}-out.csv")
        assert run("match", "--needs", needs, "--achievements", offers, "--out", outs[-1])[0] == 0
    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_ctrl_c_leaves_one_sentence_and_no_partial_file(tmp_path: Path, table: Table):
    many = [("id", "title"), *((i, f"真空压铸工艺{i}气孔率不高于{i}%") for i in range(6000))]
    needs, offers, out = table("n.csv", many), table("a.csv", many), tmp_path / "out.csv"
    words = ["match", "--needs", needs, "--achievements", offers, "--out", out]
    # Tests that run in the background pass on that Ctrl-C is ignored; a person at a terminal does not.
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "queqiao.cli", *map(str, words)], stderr=subprocess.PIPE, text=True, cwd=tmp_path
        )
    finally:
        signal.signal(signal.SIGINT, heard)
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    _printed, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "已按 Ctrl-C 中断；没有写出任何结果文件" in said
    assert "Traceback" not in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "n.csv"]


def test_our_own_mistake_is_no_stack_trace(run: Run, needs: Path, achievements: Path, monkeypatch: pytest.MonkeyPatch):
    from queqiao.cli import match

    monkeypatch.setattr(match, "read_corpus", lambda *_, **__: 1 / 0)
    code, _printed, said = run("match", "--needs", needs, "--achievements", achievements, "--out", "never.csv")
    assert code == 1
    assert "程序内部出错" in said
    assert "ZeroDivisionError" not in said
    log = Path(said.rsplit("：", 1)[-1].strip())
    assert "ZeroDivisionError" in log.read_text(encoding="utf-8")
    log.unlink()


def test_doctor_says_whether_the_cluster_answers_and_nothing_where_none_is_set(monkeypatch: pytest.MonkeyPatch):
    from queqiao.cli.doctor import examine

    def look() -> list[tuple[bool, bool]]:
        return [(one.present, one.needed) for one in examine() if one.name == "Ray"]

    assert look() == []
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("QUEQIAO_RAY_ADDRESS", f"127.0.0.1:{server.getsockname()[1]}")
        assert look() == [(True, False)]
    assert look() == [(False, False)]
    assert "没有安装" in next(one.detail for one in examine(find=lambda _name: None) if one.name == "Ray")


@pytest.mark.parametrize("command", ["match", "gaps", "bulk"])
def test_a_result_never_takes_the_place_of_a_table_that_it_is_made_from(run: Run, table: Table, command: str):
    needs, achievements = table("needs.csv", NEEDS), table("achievements.csv", ACHIEVEMENTS)
    before = needs.read_bytes()
    again = needs.parent / ".." / needs.parent.name / needs.name
    pairs = ("--pairs", achievements) if command == "gaps" else ()
    code, printed, said = run(command, "--needs", needs, "--achievements", achievements, *pairs, "--out", again)
    assert (code, printed) == (2, "")
    assert "--out 和 --needs 是同一个文件" in said
    assert needs.read_bytes() == before
