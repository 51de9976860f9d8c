"""``queqiao assign`` as its users meet it: the matrices that people have, what is written, and what is said."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from samples import read_table

Run = Callable[..., tuple[int, str, str]]
Table = Callable[..., Path]

NAMED = [("专家", "N1", "N2", "N3"), ("张", "0.9", "0.8", "0.1"), ("李", "0.8", "0.1", ""), ("王", "0.3", "NaN", "0.1")]
LIMITS = ("--per-need", 1, "--max-load", 1)


@pytest.fixture
def assign(run: Run, tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    def call(path: Path, *more: object) -> tuple[int, str, str]:
        return run("assign", "--affinity", path, "--out", tmp_path / "out.csv", *more)

    return call


@pytest.fixture
def written(tmp_path: Path) -> Callable[[], list[tuple[str, str, float]]]:
    def read() -> list[tuple[str, str, float]]:
        rows = read_table(tmp_path / "out.csv")
        assert list(rows[0]) == ["need", "expert", "value"]
        return [(row["need"], row["expert"], float(row["value"])) for row in rows]

    return read


def test_a_matrix_with_names(assign: Run, written, table: Table):
    code, printed, said = assign(table("a.csv", NAMED), *LIMITS)
    assert code == 0
    assert written() == [("N1", "李", 0.8), ("N2", "张", 0.8), ("N3", "王", 0.1)]
    assert printed.splitlines() == [
        "人次：3", "合计：1.7，已是最优", "平均每条需求：0.566667", "所得最少的需求：N3，0.1",
    ]  # fmt: skip
    assert "3 条需求已指派" in said


def test_fair_says_how_good_the_worst_is(assign: Run, written, table: Table):
    path = table("a.csv", [("", "N1", "N2"), ("张", "1", "0.2"), ("李", "0.3", "0")])
    assert "所得最少的需求：N2，0\n" in assign(path, *LIMITS)[1]
    assert "所得最少的需求：N2，0.2，已是最优\n" in assign(path, *LIMITS, "--fair")[1]
    assert written() == [("N1", "李", 0.3), ("N2", "张", 0.2)]


@pytest.mark.parametrize("kind", ["npy", "csv"])
def test_a_matrix_without_names_is_numbered_from_0(assign: Run, written, table: Table, tmp_path: Path, kind: str):
    rows = [[0.9, 0.8, 0.1], [0.8, 0.1, np.nan], [0.3, np.nan, 0.1]]
    path = tmp_path / f"a.{kind}"
    if kind == "npy":
        np.save(path, np.array(rows))
    else:
        table("a.csv", rows)
    assert assign(path, *LIMITS)[0] == 0
    assert written() == [("0", "1", 0.8), ("1", "0", 0.8), ("2", "2", 0.1)]


@pytest.mark.parametrize("header", [("need", "expert", "value"), ("需求", "专家", "值")])
def test_a_row_for_each_pair(assign: Run, written, table: Table, header: tuple[str, ...]):
    rows = [("N2", "张", 0.8), ("N1", "张", 0.9), ("N1", "李", 0.8), ("N2", "李", ""), ("N1", "王", -1)]
    assert assign(table("a.csv", [header, *rows]), *LIMITS)[0] == 0
    assert written() == [("N2", "张", 0.8), ("N1", "李", 0.8)]


def test_conflicts_are_kept(assign: Run, written, table: Table):
    conflicts = table("c.csv", [("need", "expert"), ("N1", "李"), ("N1", "李")])
    assert assign(table("a.csv", NAMED), *LIMITS, "--conflicts", conflicts)[0] == 0
    assert written() == [("N1", "张", 0.9), ("N2", "李", 0.1), ("N3", "王", 0.1)]
    conflicts = table("c.csv", [("需求编号", "专家编号"), ("N3", "张"), ("N3", "王")])
    said = assign(table("a.csv", NAMED), *LIMITS, "--conflicts", conflicts)[2]
    assert "需求 N3 只有 0 位可派的专家，要求 1 位。" in said


def test_everybody_serves_as_often_as_required(assign: Run, written, table: Table):
    path = table("a.csv", [("", "N1", "N2", "N3"), ("张", 9, 9, 9), ("李", 1, 1, 0), ("王", 1, 0, 1)])
    assert assign(path, "--per-need", 1, "--max-load", 3, "--min-load", 1)[0] == 0
    assert sorted(expert for _need, expert, _value in written()) == ["张", "李", "王"]


def test_the_same_input_gives_the_same_bytes(assign: Run, table: Table, tmp_path: Path):
    contents = set()
    for _time in range(2):
        assign(table("a.csv", NAMED), *LIMITS, "--fair")
        contents.add((tmp_path / "out.csv").read_bytes())
    assert len(contents) == 1


def test_names_that_a_spreadsheet_would_run_are_written_as_text(assign: Run, table: Table, tmp_path: Path):
    assign(table("a.csv", [("", "=N1"), ("+张", 1)]), *LIMITS)
    assert (tmp_path / "out.csv").read_text("utf-8") == "need,expert,value\n'=N1,'+张,1.0\n"


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ((1, 1), ["需求 N3 只有 0 位可派的专家，要求 1 位。"]),
        ((2, 2), ["需求 N2 只有 1 位可派的专家，要求 2 位。", "需求 N3 只有 0 位可派的专家，要求 2 位。"]),
        ((4, 4), ["需求 N1 只有 2 位可派的专家，要求 4 位。"]),
        ((2, 1), ["总共要 6 人次，全部专家最多 2 人次。"]),
    ],
)  # fmt: skip
def test_what_cannot_be_is_explained(assign: Run, table: Table, tmp_path: Path, limits: tuple[int, int], says):
    path = table("a.csv", [("", "N1", "N2", "N3"), ("张", 1, 1, ""), ("李", 1, "", "nan")])
    code, printed, said = assign(path, "--per-need", limits[0], "--max-load", limits[1])
    assert (code, printed, (tmp_path / "out.csv").exists()) == (2, "", False)
    assert said.startswith(f"\r{path}：无法指派，什么也没有写。\n")
    assert [line for line in says if line not in said.splitlines()] == []


def test_needs_and_experts_in_each_others_way_are_explained(assign: Run, table: Table):
    crowd = table("a.csv", [("", "N1", "N2", "N3"), ("张", 1, 1, 1), ("李", "", "", 1), ("王", "", "", 1)])
    assert "\n需求 N1、N2 等 2 条共要 2 人次，可派往它们的专家最多 1 人次。" in assign(crowd, *LIMITS)[2]
    idle = table("b.csv", [("", "N1", "N2", "N3"), ("张", 1, 1, 1), ("李", 1, "", ""), ("王", 1, "", "")])
    said = assign(idle, "--per-need", 1, "--max-load", 3, "--min-load", 1)[2]
    assert "\n专家 李、王 等 2 位至少要派 2 人次，他们可去的需求最多 1 人次。" in said
    assert (
        "专家 李 只能派往 1 条需求，要求至少 2 条。"
        in assign(idle, "--per-need", 2, "--max-load", 3, "--min-load", 2)[2]
    )
    said = assign(table("c.csv", NAMED), "--per-need", 1, "--max-load", 2, "--min-load", 2)[2]
    assert "全部专家至少要派 6 人次，需求总共最多 3 人次。" in said


def test_of_many_shortages_the_first_are_named_and_the_rest_counted(assign: Run, tmp_path: Path):
    np.save(tmp_path / "a.npy", np.full((2, 9), np.nan))
    said = assign(tmp_path / "a.npy", *LIMITS)[2]
    assert said.splitlines()[2:4] == [
        "总共要 9 人次，全部专家最多 2 人次。", "需求 0 只有 0 位可派的专家，要求 1 位。",
    ]  # fmt: skip
    assert said.splitlines()[7:] == ["类似的还有 5 处。"]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "文件是空的"),
        ([("专家", "N1", "N2")], "没有一行一列的数"),
        ([("专家", "N1", "N2"), ("张", 1)], "第 2 行：这一行有 2 格，第一行有 3 格"),
        ([(1, 2), (1, 2, 3)], "第 2 行：这一行有 3 格，第一行有 2 格"),
        ([("专家", "N1", "N1"), ("张", 1, 2)], "第 1 行：名称“N1”出现了两次"),
        ([("专家", "N1"), ("张", 1), ("张 ", 2)], "第 3 行：名称“张”出现了两次"),
        ([("专家", "N1"), ("", 1)], "第 2 行：有一个名称是空的"),
        ([("专家", "N1"), ("张", "高")], "第 2 行，“N1”列：“高”不是数"),
        ([("专家", "N1"), ("张", "inf")], "第 2 行，“N1”列：“inf”不是数"),
        ([(1, 2), ("", ""), (3, 4)], "第 3 行：这一行之前有空行"),
        ([("", 0.5), (0.2, 0.7)], "看不出是名称还是值"),
        ([("need", "expert", "value"), ("N1", "张", 1), ("N1", "张", 2)], "第 3 行：这一对与第 2 行重复"),
        ([("need", "expert", "value"), ("N1", "", 1)], "第 2 行，“expert”列：这一格是空的"),
        ([("need", "expert", "value"), ("N1", "张", "x")], "第 2 行，“value”列：“x”不是数"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_with_its_place(assign: Run, table: Table, rows: list, says: str):
    code, _printed, said = assign(table("a.csv", rows), *LIMITS)
    assert (code, says in said) == (2, True), said


@pytest.mark.parametrize(
    ("matrix", "says"),
    [
        (np.zeros((0, 3)), "没有一行一列的数"),
        (np.zeros(3), "要的是二维的数"),
        (np.array([["a"]]), "要的是二维的数"),
        (np.array([[1j]]), "要的是二维的数"),
        (np.array([[1.0, np.inf]]), "专家 0、需求 1 的值是无穷大"),
        (np.array([[None]], dtype=object), "NPY 文件已损坏，或装的不是数"),
    ],
)  # fmt: skip
def test_arrays_that_are_no_matrix_are_refused(assign: Run, tmp_path: Path, matrix: np.ndarray, says: str):
    np.save(tmp_path / "a.npy", matrix)
    code, _printed, said = assign(tmp_path / "a.npy", *LIMITS)
    assert (code, says in said) == (2, True), said


def test_a_cut_off_array_is_refused(assign: Run, tmp_path: Path):
    np.save(tmp_path / "a.npy", np.zeros((5, 5)))
    (tmp_path / "a.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:-20])
    assert "NPY 文件已损坏" in assign(tmp_path / "a.npy", *LIMITS)[2]
    assert "文件不存在" in assign(tmp_path / "none.npy", *LIMITS)[2]


def test_a_conflict_with_somebody_unknown_is_named(assign: Run, table: Table):
    conflicts = table("c.csv", [("need", "expert"), ("N1", "李"), ("N1", "赵")])
    code, _printed, said = assign(table("a.csv", NAMED), *LIMITS, "--conflicts", conflicts)
    assert code == 2
    assert f"{conflicts}，第 3 行，“expert”列：--affinity 的文件中没有“赵”" in said


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--per-need", 1), "缺少选项 --max-load"),
        (("--max-load", 1), "缺少选项 --per-need"),
        (("--per-need", 1, "--max-load", 0), "“0”不是 1 或更大的整数"),
        (("--per-need", -3, "--max-load", 1), "--per-need"),
        (("--per-need", 1, "--max-load", 1, "--min-load", 2), "--min-load 大于 --max-load"),
    ],
)  # fmt: skip
def test_limits_that_make_no_sense_are_refused(assign: Run, table: Table, options: tuple[object, ...], says: str):
    code, _printed, said = assign(table("a.csv", NAMED), *options)
    assert (code, says in said) == (2, True), said


def test_it_runs_without_a_site(table: Table, tmp_path: Path):
    words = ["--affinity", str(table("a.csv", NAMED)), "--per-need", "1", "--max-load", "1", "--out", "out.csv"]
    call = [sys.executable, "-m", "queqiao.cli", "assign", *words]
    assert subprocess.run(call, cwd=tmp_path, check=False, capture_output=True).returncode == 0
