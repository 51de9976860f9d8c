"""From labelled texts to fields for others, on the command line: what is written, and what is said when it is wrong."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from samples import read_table

import queqiao.demo

Run = Callable[..., tuple[int, str, str]]
Table = Callable[..., Path]
TRAIN = [
    ("id", "text", "label"),
    ("1", "含氟废水深度除氟，出水氟离子浓度低", "水处理"), ("2", "膜生物反应器处理印染废水", "水处理"),
    ("3", "污泥厌氧消化与沼气回收", "水处理"), ("4", "薄壁压铸件气孔控制，真空压铸", "铸造"),
    ("5", "铝合金轮毂低压铸造，减少缩松", "铸造"), ("6", "球墨铸铁件冒口设计", "铸造"),
]  # fmt: skip
TEXTS = [("id", "text"), ("a", "电镀废水除铬"), ("b", "压铸模具排气"), ("c", "")]


@pytest.fixture
def train(table: Table) -> Path:
    return table("train.csv", TRAIN)


@pytest.fixture
def texts(table: Table) -> Path:
    return table("texts.csv", TEXTS)


def test_every_text_gets_its_line_in_the_order_of_the_table(run: Run, train: Path, texts: Path, tmp_path: Path):
    out = tmp_path / "fields.csv"
    code, _printed, said = run("classify", "--train", train, "--texts", texts, "--out", out)
    rows = read_table(out)
    assert code == 0
    assert [list(row) for row in rows] == [["id", "label", "confidence", "second"]] * 3
    assert [(row["id"], row["label"], row["second"]) for row in rows] == [
        ("a", "水处理", "铸造"), ("b", "铸造", "水处理"), ("c", "水处理", "铸造"),
    ]  # fmt: skip
    assert rows[2]["confidence"] == "0.5000"
    assert "3 条文本已标注" in said
    assert "轮流留出已标注的文本检验：正确率" in said
    assert "请核对" in said or "请逐条核对" in said


def test_the_same_input_gives_the_same_bytes(run: Run, train: Path, texts: Path, tmp_path: Path):
    outs = [tmp_path / name for name in ("one.csv", "two.csv", "one.xlsx", "two.xlsx")]
    assert [run("classify", "--train", train, "--texts", texts, "--out", out)[0] for out in outs] == [0] * 4
    contents = [out.read_bytes() for out in outs]
    assert contents[0::2] == contents[1::2]


def test_achievements_of_the_demo_city_teach_the_fields_of_its_needs(run: Run, table: Table, tmp_path: Path):
    offered, wanted = demo_rows("achievements"), demo_rows("needs")
    train = table("t.csv", [("text", "field"), *((f"{r['title']}\n{r['description']}", branch(r)) for r in offered)])
    texts = table("n.csv", [("id", "text"), *((r["key"], f"{r['title']}\n{r['problem']}") for r in wanted)])
    out = tmp_path / "fields.csv"
    assert run("classify", "--train", train, "--texts", texts, "--out", out)[0] == 0
    found = {row["id"]: row["label"] for row in read_table(out)}
    assert sum(found[row["key"]] == branch(row) for row in wanted) >= 0.8 * len(wanted)


def demo_rows(kind: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for path in sorted((Path(queqiao.demo.__file__).parent / "content").glob(f"{kind}_*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows += csv.DictReader(file)
    return rows


def branch(row: dict[str, str]) -> str:
    return row["field"].split("-")[0]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("id", "text"), ("1", "废水")], "缺少列：label（标签）；找到的列：id、text"),
        ([("id", "text", "label")], "表头下面没有数据"),
        ([*TRAIN, ("7", "压铸", "")], "第 8 行，“label”列：这一格是空的"),
        ([*TRAIN, ("6", "压铸", "铸造")], "第 8 行，“id”列：编号 6 与第 7 行重复"),
        (TRAIN[:4], "“label”列：所有行都是同一个标签“水处理”；至少要有两个标签才能分类。"),
        ([("text", "label"), *((f"压铸{i}", i % 2) for i in range(10_001))], "有 10001 行，最多能学 10000 行"),
    ],
)
def test_a_wrong_table_is_named_and_nothing_is_written(
    run: Run, table: Table, texts: Path, tmp_path: Path, rows: list[tuple[object, ...]], said: str
):
    train, out = table("wrong.csv", rows), tmp_path / "fields.csv"
    code, _printed, complaint = run("classify", "--train", train, "--texts", texts, "--out", out)
    assert (code, out.exists()) == (2, False)
    assert f"{train}" in complaint
    assert said in complaint


def test_texts_without_their_column_or_with_an_id_twice_are_refused(run: Run, table: Table, train: Path):
    for rows, said in (
        ([("id", "title"), ("1", "废水")], "缺少列：text（文本）"),
        ([("id", "text"), ("1", "废水"), ("1", "压铸")], "第 3 行，“id”列：编号 1 与第 2 行重复"),
    ):
        code, _printed, complaint = run("classify", "--train", train, "--texts", table("t.csv", rows), "--out", "x")
        assert (code, said in complaint) == (2, True)


def test_spreadsheet_headings_and_a_chinese_encoding_are_understood(run: Run, table: Table, tmp_path: Path):
    train = table("train.csv", [("编号", "内容", "技术领域"), *TRAIN[1:]], encoding="gb18030")
    texts = table("texts.csv", [("编号", "内容"), *TEXTS[1:]], encoding="gb18030")
    out = tmp_path / "fields.csv"
    assert run("classify", "--train", train, "--texts", texts, "--out", out)[0] == 0
    assert [row["label"] for row in read_table(out)] == ["水处理", "铸造", "水处理"]


def test_a_label_that_a_spreadsheet_would_run_is_written_as_text(run: Run, table: Table, texts: Path, tmp_path: Path):
    train = table("train.csv", [(a, b, c.replace("铸造", "=1+1")) for a, b, c in TRAIN])
    out = tmp_path / "fields.csv"
    assert run("classify", "--train", train, "--texts", texts, "--out", out)[0] == 0
    assert [row["label"] for row in read_table(out)] == ["水处理", "'=1+1", "'=1+1"]
