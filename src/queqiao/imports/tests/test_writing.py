import os
from pathlib import Path

import pytest
from openpyxl import load_workbook

from queqiao.core.errors import InputError
from queqiao.imports import writing
from queqiao.imports.writing import atomic_output, check_writable, write_csv, write_text

HEADER = ("need_id", "score", "reasons")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def refusal(call, path: Path) -> str:
    with pytest.raises(InputError) as caught:
        call(path)
    return str(caught.value).removeprefix(str(path))


def test_a_table_is_written_byte_for_byte_in_utf8_without_a_mark(tmp_path):
    path = tmp_path / "结果.csv"
    write_csv(path, HEADER, [("N1", -0.5, '共同用词：泵, "阀"'), ("N2", 1, "一\n二"), ("N3", 2, None)])
    expected = 'need_id,score,reasons\nN1,-0.5,"共同用词：泵, ""阀"""\nN2,1,"一\n二"\nN3,2,\n'
    assert path.read_bytes() == expected.encode()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_free_text_is_kept_from_becoming_a_formula_and_numbers_are_kept(tmp_path, start, suffix):
    from queqiao.imports.sheets import Column, read_sheet

    path = tmp_path / f"结果{suffix}"
    write_csv(path, HEADER, [("-1", "-0.5", f"{start}1+1")], texts=("reasons",))
    sheet = read_sheet(path, [Column(name, (name,)) for name in HEADER])
    text = f"'{start}1+1" if suffix == ".csv" else f"'{start}1+1".replace("\r", "\n")
    assert [row.cells for row in sheet.rows] == [{"need_id": "-1", "score": "-0.5", "reasons": text}]


def test_a_workbook_holds_numbers_as_numbers_and_never_a_formula(tmp_path):
    path = tmp_path / "结果.XLSX"
    write_csv(path, HEADER, [("=1+1", -0.5, "#REF!"), ("N\x012", 3, "\ud800")])
    cells = [[(cell.value, cell.data_type) for cell in row] for row in load_workbook(path).worksheets[0].iter_rows()]
    assert cells == [
        [(name, "s") for name in HEADER],
        [("=1+1", "s"), (-0.5, "n"), ("#REF!", "s")],
        [("N 2", "s"), (3, "n"), (" ", "s")],
    ]


def test_a_workbook_has_the_same_bytes_whenever_it_is_written(tmp_path, monkeypatch):
    write_csv(tmp_path / "a.xlsx", HEADER, [("N1", 0.5, "泵")])
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    write_csv(tmp_path / "b.xlsx", HEADER, [("N1", 0.5, "泵")])
    content = (tmp_path / "a.xlsx").read_bytes()
    assert content == (tmp_path / "b.xlsx").read_bytes()
    assert b"2026" not in content


def test_what_a_workbook_cannot_hold_is_refused_rather_than_cut(tmp_path, monkeypatch):
    path = tmp_path / "结果.xlsx"
    write_csv(path, ("text",), [("长" * 32_767,)])
    before = path.read_bytes()
    message = "：结果放不进 XLSX（最多 1048576 行，每格最多 32767 个字符），什么也没有写；请改写成 CSV。"
    assert refusal(lambda one: write_csv(one, ("text",), [("长" * 32_768,)]), path) == message
    monkeypatch.setattr(writing, "_MOST_XLSX_LINES", 2)
    assert "结果放不进 XLSX（最多 2 行" in refusal(lambda one: write_csv(one, ("text",), [("甲",), ("乙",)]), path)
    assert path.read_bytes() == before


def test_text_is_written_whole_over_what_was_there(tmp_path):
    path = tmp_path / "报告.html"
    path.write_text("旧的，更长的内容")
    write_text(path, "新")
    assert path.read_bytes() == "新".encode()
    assert names(tmp_path) == ["报告.html"]


def test_the_longest_name_that_a_folder_takes_can_be_written(tmp_path):
    path = tmp_path / ("泵" * 83 + ".csv")
    write_text(path, "x")
    assert path.read_text() == "x"


def test_a_new_file_may_be_read_by_whom_the_user_lets(tmp_path):
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "x", "x")
    finally:
        os.umask(before)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError])
def test_an_interrupted_block_leaves_what_was_there_and_nothing_else(tmp_path, stop):
    path = tmp_path / "结果.jsonl"
    path.write_text("旧")

    def interrupted() -> None:
        with atomic_output(path) as file:
            file.write(b"half")
            raise stop

    with pytest.raises(stop):
        interrupted()
    assert (path.read_text(), names(tmp_path)) == ("旧", ["结果.jsonl"])


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_an_interruption_at_the_last_step_leaves_nothing(tmp_path, monkeypatch, step):
    def interrupt(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, step, interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_text(tmp_path / "结果.csv", "内容")
    assert names(tmp_path) == []


def test_rows_that_stop_half_way_leave_nothing(tmp_path):
    def rows():
        yield ("N1", 1, "泵")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_csv(tmp_path / "结果.csv", HEADER, rows())
    assert names(tmp_path) == []


def test_a_full_disk_is_reported_and_leaves_nothing(tmp_path, monkeypatch):
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert refusal(lambda path: write_text(path, "x"), tmp_path / "结果.csv") == (
        "：无法写入（No space left on device），什么也没有写；请换一个可写的文件夹。"
    )
    assert names(tmp_path) == []


CALLS = [check_writable, lambda path: write_text(path, "x"), lambda path: write_csv(path, HEADER, [])]


@pytest.mark.parametrize("call", CALLS, ids=["check_writable", "write_text", "write_csv"])
def test_a_place_that_cannot_be_written_is_refused(tmp_path, call):
    (tmp_path / "file").write_text("旧")
    for folder in (tmp_path / "没有", tmp_path / "file"):
        assert refusal(call, folder / "结果.csv") == (
            f"：文件夹 {folder} 不存在，什么也没有写；请先建立它，或换一个文件夹。"
        )
    assert refusal(call, tmp_path) == "：这是文件夹，不能写成文件；请给出文件名。"
    os.mkfifo(tmp_path / "pipe")
    assert refusal(call, tmp_path / "pipe") == "：这是设备或管道，不能写成文件；请给出文件名。"
    # The kernel's own folder refuses new files from everybody, root too.
    assert refusal(call, Path("/proc/结果.csv")).endswith("，什么也没有写；请换一个可写的文件夹。")
    assert names(tmp_path) == ["file", "pipe"]


def test_checking_leaves_no_trace(tmp_path):
    check_writable(tmp_path / "结果.csv")
    assert names(tmp_path) == []
    (tmp_path / "结果.csv").write_text("旧")
    check_writable(tmp_path / "结果.csv")
    assert (tmp_path / "结果.csv").read_text() == "旧"
