"""From the staff's grades to a model and to other matches, on the command line."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from samples import read_table

Run = Callable[..., tuple[int, str, str]]
Table = Callable[..., Path]
THINGS = (
    "轴承", "齿轮", "叶片", "阀门", "螺栓", "活塞", "曲轴", "模具", "刀具", "弹簧", "管道", "储罐", "船体", "桥梁",
    "塔筒", "泵体", "喷嘴", "导轨", "转子", "壳体", "法兰", "滤芯", "支架", "锅炉", "钻头",
)  # fmt: skip


@pytest.fixture
def needs(table: Table) -> Path:
    rows = [(f"N{i}", f"{one}防腐涂层", f"{one}在潮湿环境中生锈，需要防腐涂层。") for i, one in enumerate(THINGS)]
    return table("needs.csv", [("id", "title", "description"), *rows])


@pytest.fixture
def achievements(table: Table) -> Path:
    kinds = (("G", "表面气相沉积镀膜工艺"), ("P", "表面涂装技能培训教材"), ("X", "库存管理软件"))
    rows = [(f"{kind}{i}", f"{one}{what}") for i, one in enumerate(THINGS) for kind, what in kinds]
    return table("achievements.csv", [("id", "title"), *rows])


def graded(table: Table, needs: range) -> Path:
    rows = [(f"N{i}", f"{kind}{i}", level) for i in needs for kind, level in (("G", 4), ("P", 1), ("X", 1))]
    return table("grades.csv", [("need_id", "achievement_id", "level"), *rows])


def match(run: Run, needs: Path, achievements: Path, out: Path, *more: object) -> bytes:
    code, _printed, said = run("match", "--needs", needs, "--achievements", achievements, "--out", out, *more)
    assert code == 0, said
    return out.read_bytes()


def test_a_model_that_is_surely_better_changes_order_and_levels(
    run: Run, table: Table, needs: Path, achievements: Path, tmp_path: Path
):
    call = ("--needs", needs, "--achievements", achievements, "--judgements", graded(table, range(22)))
    code, _printed, said = run("learn", *call, "--out", tmp_path / "new" / "model")
    assert code == 0
    assert "学自 66 条评级：22 条需求（22 个题目）" in said
    assert said.count("确有提高，用这个模型") == 4
    assert (tmp_path / "new" / "model" / "card.txt").read_text(encoding="utf-8") in said

    match(run, needs, achievements, tmp_path / "before.csv", "--top", 3)
    match(run, needs, achievements, tmp_path / "after.csv", "--top", 3, "--model", tmp_path / "new" / "model")
    first = {row["need_id"]: row for row in read_table(tmp_path / "after.csv") if row["rank"] == "1"}
    assert [(first[f"N{n}"]["achievement_id"], first[f"N{n}"]["level"]) for n in (22, 23, 24)] == [
        ("G22", "4"), ("G23", "4"), ("G24", "4"),
    ]  # fmt: skip
    assert re.search(r"由评过的同类推算约 (3\.[5-9]|4\.\d) 级", first["N22"]["reasons"])
    before = {row["need_id"]: row for row in read_table(tmp_path / "before.csv") if row["rank"] == "1"}
    assert not any("推算" in row["reasons"] for row in before.values())
    assert "G" not in {before[f"N{n}"]["achievement_id"][0] for n in (22, 23, 24)}


def test_the_same_grades_give_the_same_model_and_few_give_the_default(
    run: Run, table: Table, needs: Path, achievements: Path, tmp_path: Path
):
    call = ("--needs", needs, "--achievements", achievements, "--judgements", graded(table, range(9)))
    said = [run("learn", *call, "--out", tmp_path / name)[2] for name in ("a", "b")]
    assert (tmp_path / "a" / "model.json").read_bytes() == (tmp_path / "b" / "model.json").read_bytes()
    assert "评过的需求不到 20 条" in said[0]
    with_model = match(run, needs, achievements, tmp_path / "with.csv", "--model", tmp_path / "a")
    assert with_model == match(run, needs, achievements, tmp_path / "without.csv")


def test_what_is_wrong_with_grades_or_model_is_said_in_one_sentence(
    run: Run, table: Table, needs: Path, achievements: Path, tmp_path: Path
):
    def learn(*rows: tuple[object, ...]) -> str:
        grades = table("wrong.csv", [("need_id", "achievement_id", "level", "weight"), *rows])
        call = ("--needs", needs, "--achievements", achievements, "--judgements", grades, "--out", tmp_path / "m")
        code, _printed, said = run("learn", *call)
        assert code == 2
        assert "Traceback" not in said
        return said

    assert "第 2 行，“need_id”列：需求表中没有编号 N99" in learn(("N99", "G1", 4, ""), ("N1", "G1", 1, ""))
    assert "第 2 行，“achievement_id”列：成果表中没有编号 G99" in learn(("N1", "G99", 4, ""), ("N1", "G1", 1, ""))
    assert "第 3 行" in learn(("N1", "G1", 4, 1), ("N1", "P1", 1, 0))
    assert "评级全都一样" in learn(("N1", "G1", 4, 1), ("N2", "G2", 4, 2))

    folder = tmp_path / "broken"
    folder.mkdir()
    call = ("match", "--needs", needs, "--achievements", achievements, "--out", tmp_path / "o.csv", "--model")
    assert "没有 learn 命令写出的模型" in run(*call, folder)[2]
    (folder / "model.json").write_text(json.dumps({"format": 1, "ranking": "0"}), encoding="utf-8")
    code, _printed, said = run(*call, folder)
    assert (code, (tmp_path / "o.csv").exists()) == (2, False)
    assert "另一个版本" in said
    (folder / "model.json").write_text('{"format": 1', encoding="utf-8")
    assert "可能已损坏" in run(*call, folder)[2]
    assert "这是一个文件" in run(*call, folder / "model.json")[2]
    experts = table("experts.csv", [("id", "name"), ("E1", "某")])
    records = table("records.csv", [("expert_id", "title"), ("E1", "镀膜")])
    call = ("match", "--needs", needs, "--experts", experts, "--records", records, "--out", tmp_path / "o.csv")
    assert "只能与 --achievements 同用" in run(*call, "--model", folder)[2]


def test_a_pair_may_be_graded_by_two_people_who_do_not_agree(
    run: Run, table: Table, needs: Path, achievements: Path, tmp_path: Path
):
    rows = [("N1", "G1", 4), ("N1", "G1", 2), ("N1", "P1", 1)]
    grades = table("two.csv", [("need_id", "achievement_id", "level"), *rows])
    call = ("--needs", needs, "--achievements", achievements, "--judgements", grades, "--out", tmp_path / "m")
    code, _printed, said = run("learn", *call)
    assert code == 0
    assert "文字完全相同而评过几次的有 1 对，其中 1 对评得不同，平均相差 2.00 级" in said
    assert "它什么也不改变" in said
