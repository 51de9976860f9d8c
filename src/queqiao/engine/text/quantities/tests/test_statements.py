"""What a candidate reaches itself, as against what it hopes for, misses or tells of others; all texts are our own."""

import pytest

from queqiao.engine.text.quantities import GapStatus, compare_indicators, find_demands, find_stated

MET, NOT_MET, NOT_STATED = GapStatus.MET, GapStatus.NOT_MET, GapStatus.NOT_STATED


def stated(text: str) -> list[str]:
    return [text[one.start : one.end] for one in find_stated(text)]


@pytest.mark.parametrize(
    "text",
    [
        "氧指数尚未达到32%。",
        "氧指数未能达到32%。",
        "普通配方氧指数难以达到32%。",
        "预期氧指数35%。",
        "孔隙率接近40%。",
        "下一步目标功率密度1.5W/cm²。",
        "预计玻璃体含量可达95%。",
        "预期指标：硬度60HRC，寿命5年。",
        "仿真效率90%。",
        "同类产品灵敏度18mJ/cm²。",
        "孔隙率改性前45%。",
    ],
)
def test_hopes_misses_and_others_are_no_statements(text: str):
    assert stated(text) == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("氧指数达到32%。", ["达到32%"]),
        ("目标检测准确率96%。", ["96%"]),
        ("优于国外同类产品，收率95%。", ["95%"]),
        ("替代进口产品，寿命8000小时。", ["8000小时"]),
        ("模拟海水中腐蚀速率0.01mm/a。", ["0.01mm/a"]),
    ],
)
def test_what_is_reached_is_stated(text: str, values: list[str]):
    assert stated(text) == values


@pytest.mark.parametrize(
    ("need", "offered", "status"),
    [
        ("要求单位电耗降低20%", "单位电耗降低12%", NOT_MET),
        ("要求成型周期缩短15%", "成型周期缩短20%", MET),
        ("要求150℃/1h热收缩率≤2%", "130℃/1h热收缩率1.5%，150℃/1h热收缩率2.8%", NOT_MET),
        ("要求热收缩率≤2%（150℃，1h）", "热收缩率1.5%（130℃，1h）", NOT_STATED),
        ("要求持久寿命≥100h（980℃，200MPa）", "持久寿命150h（980℃，200MPa）", MET),
        ("要求1C倍率下比容量≥180mAh/g", "0.1C倍率下比容量195mAh/g", NOT_STATED),
        ("要求抗拉强度≥400MPa（T6态）", "抗拉强度420MPa（T4态）", NOT_STATED),
        ("要求抗拉强度≥400MPa（T6态）", "抗拉强度420MPa（T6态）", MET),
        ("要求T6态抗拉强度≥400MPa", "T4态抗拉强度420MPa", NOT_STATED),
        ("shear strength >= 25 MPa at -55 °F", "shear strength 30 MPa at room temperature", NOT_STATED),
        ("要求平均粒径≤20μm", "最小粒径15μm，平均粒径35μm", NOT_MET),
        ("要求最大粒径≤50μm", "平均粒径35μm", NOT_STATED),
        ("要求产量≥5kg/h", "最大产量6kg/h，稳定产量3kg/h", NOT_STATED),
        ("要求产品含水≤0.1%", "含水13%的异丙醇一步脱到0.08%。产品含水≤0.1%", MET),
        ("要求产品含水≤0.1%", "原料含水13%，脱后含水≤0.1%", MET),
        ("要求误拒率≤1%", "窗口法误拒率约6%，误拒率≤0.8%", MET),
        ("要求断刀漏报≤1次/月", "误报≤1次/周", NOT_STATED),
        ("要求表面电阻不低于1×106Ω", "表面电阻1×105Ω", NOT_MET),
        ("要求漏率不大于1×10-9Pa·m3/s", "漏率5×10-10Pa·m3/s", MET),
        ("要求温升不超过60K", "温升55℃", MET),
        ("要求使用寿命10000小时以上", "使用寿命2年", NOT_STATED),
        ("要求热效率不低于92%", "热效率约92%左右", NOT_STATED),
        ("要求热效率不低于92%", "热效率约91%", NOT_MET),
    ],
)
def test_a_demand_is_met_by_what_holds_of_the_same_thing_only(need: str, offered: str, status: GapStatus):
    (gap,) = compare_indicators(find_demands(need), find_stated(offered))
    assert gap.status is status


def test_a_value_that_meets_its_bound_exactly_has_no_margin_below_zero():
    (gap,) = compare_indicators(find_demands("要求响应时间≤10μs"), find_stated("响应时间0.01ms"))
    assert str(gap.margin) == "0.0"
