import pytest

from queqiao.engine.text.quantities import GapStatus, compare_indicators, extract_indicators
from queqiao.engine.text.quantities.names import name_similarity

MET, NOT_MET, NOT_STATED = GapStatus.MET, GapStatus.NOT_MET, GapStatus.NOT_STATED


def compare(need: str, offered: str) -> list[GapStatus]:
    return [gap.status for gap in compare_indicators(extract_indicators(need), extract_indicators(offered))]


@pytest.mark.parametrize(
    ("need", "offered", "status"),
    [
        ("抗拉强度不低于240MPa", "本体抗拉强度265MPa", MET),
        ("抗拉强度不低于240MPa", "抗拉强度0.3GPa", MET),
        ("抗拉强度不低于240MPa", "抗压强度300MPa", NOT_STATED),
        ("抗拉强度不低于240MPa", "抗拉强度220～260MPa", NOT_MET),
        ("伸长率大于12%", "伸长率12%", NOT_MET),
        ("伸长率大于12%", "伸长率大于12%", MET),
        ("噪声不大于60dB", "整机噪声58dB", MET),
        ("测量误差≤±1%", "测量误差±0.5%", MET),
        ("测量误差≤±1%", "测量误差±2%", NOT_MET),
        ("量程0~50kPa", "量程0~80kPa", MET),
        ("量程0~50kPa", "量程10~80kPa", NOT_MET),
        ("平均粒径200~400nm", "平均粒径250~300nm", MET),
        ("平均粒径200~400nm", "平均粒径450nm", NOT_MET),
        ("能耗降低20%以上", "能耗降低25%", MET),
        ("能耗降低20%以上", "能耗20%", NOT_STATED),
        ("-30℃容量保持率≥80%", "-30℃容量保持率82%", MET),
        ("-30℃容量保持率≥80%", "25℃容量保持率95%", NOT_STATED),
        ("处理风量60000m³/h", "处理风量70000m³/h", MET),
        ("保质期延长到21天", "", NOT_STATED),
    ],
)
def test_what_is_stated_is_held_against_what_is_asked(need: str, offered: str, status: GapStatus):
    assert compare(need, offered) == [status]


def test_the_margin_is_a_share_of_the_bound():
    need, offered = extract_indicators("气孔率不高于2%，强度不低于200MPa"), extract_indicators("气孔率1.5%，强度150MPa")
    assert [gap.margin for gap in compare_indicators(need, offered)] == [0.25, -0.25]


@pytest.mark.parametrize(
    ("one", "other"),
    [("抗拉强度", "抗压强度"), ("进水温度", "出水温度"), ("钛回收率", "铁收率"), ("长度", "重量"), ("", "重量")],
)
def test_names_of_different_quantities_are_not_taken_for_one(one: str, other: str):
    assert name_similarity(one, other) < 0.6


@pytest.mark.parametrize(
    ("one", "other"), [("噪声", "整机噪音"), ("循环寿命", "常温循环寿命"), ("货架期", "保质期"), ("導熱系數", "热导率")]
)
def test_names_of_one_quantity_are_recognised(one: str, other: str):
    assert name_similarity(one, other) >= 0.6
    assert name_similarity(one, other) == name_similarity(other, one)
