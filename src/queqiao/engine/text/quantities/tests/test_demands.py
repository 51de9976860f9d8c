"""What a need demands, as against what it tells of its plant, its product and its trouble; all texts are our own."""

import pytest

from queqiao.engine.text.quantities import find_demands


def demanded(text: str, listed: tuple[int, int] = (0, 0)) -> list[str]:
    return [text[one.start : one.end] for one in find_demands(text, listed)]


@pytest.mark.parametrize(
    "text",
    [
        "要能装进原来的柜子，箱内 48 ℃、夏天可能到 57 ℃。",
        "先给我们做 3 MWh 试试，通过再谈。",
        "我们两条线日产26吨，主要卖给食堂。",
        "三个车间最远相距17公里。",
        "预计第一年300 t，第三年到1 800 t。",
        "要空转一个小时才能进 4 μm，电费先不说。",
        "循环水 27 ℃，发酵罐是150立方米的室外罐。",
        "产品在0~4 ℃下放到第五天就开始发硬。",
        "试过淀粉顶替，降到20%时猪就挑食。",
        "车速提到 80 m/min 以上就丢帧，换一次要调半天。",
        "螺母内径 30~60 mm，滚道半径 2.5 mm，应力约 1.2 GPa。",
        "图上有两成管线是错的，挖中的不到一半。",
        "识别率从九成掉到六成，运维人员不信了。",
        "工厂扩产后水量将增至90 t/d。",
        "年用量约 700 t，距加氢站 9 km。",
        "虫眼直径常在2毫米以下，肉眼看不出。",
        "公司运营电站约60MW，冬天水温7℃左右，出水难达标。",
        "农场种了1500亩，人工占成本一半。",
    ],
)
def test_circumstances_are_no_demands(text: str):
    assert demanded(text) == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("希望做到：风量每小时8000立方米，整机重量45kg，噪声不高于62dB。", ["每小时8000立方米", "45kg", "不高于62dB"]),
        ("要求抗拉强度 780 MPa 以上、断后伸长率 12%。", ["780 MPa 以上", "12%"]),
        ("现有传感器只能用两年。须研制新型探头：压力量程0~60MPa，线性误差±0.5%。", ["0~60MPa", "±0.5%"]),
        ("目前合格率88%，须提高到98%以上。", ["提高到98%以上"]),
        ("最小可检缺陷0.2mm，要求漏检率不超过1%。", ["不超过1%"]),
        ("需要在线检测，最小可检缺陷0.2mm，误判率不超过3%。", ["0.2mm", "不超过3%"]),
        ("甲方要求资源化率九成。", ["九成"]),
        ("技术要求如下：水分≤6%，产能400kg/h，爬坡12°。", ["≤6%", "400kg/h", "12°"]),
        (
            "求助：保温温度≥65℃，单只能耗降低15%，焊缝泄漏率小于1×10⁻⁸Pa·m³/s。",
            ["≥65℃", "降低15%", "小于1×10⁻⁸Pa·m³/s"],
        ),
        ("希望上一套系统，要求读取率99%，读距0.2~1.8m。", ["99%", "0.2~1.8m"]),
        ("请高校帮助优化工艺：翘曲小于0.2mm，一次合格率97%。", ["小于0.2mm", "97%"]),
        ("占用不超过256 kB，探头高度不超过40 mm。", ["不超过256 kB", "不超过40 mm"]),
        ("整线能耗比现在降低20%以上。", ["降低20%以上"]),
        ("設備須連續運行，噪聲不高於62dB，要求壓力量程0~8MPa。", ["不高於62dB", "0~8MPa"]),
    ],
)
def test_what_is_compared_or_required_is_demanded(text: str, values: list[str]):
    assert demanded(text) == values


def test_a_bare_value_among_bounds_is_a_demand_unless_the_text_tells_of_what_is():
    assert demanded("印染废水处理，日处理量5万吨，出水COD≤50mg/L") == ["5万吨", "≤50mg/L"]
    assert demanded("目前日处理量5万吨，出水COD≤50mg/L") == ["≤50mg/L"]
    assert demanded("涂层厚度200~300μm，使用温度不低于1200℃") == ["200~300μm", "不低于1200℃"]
    assert demanded("日处理量5万吨的污水厂，出水发臭。") == []


def test_a_list_of_indicators_demands_bare_values_and_not_the_present_level():
    head = "我们的柜子常年在四十度。\n"
    text = f"{head}工作温度 -10~55 ℃；额定功率 30 kW；告警提前量：现状 90 s，目标 ≥15 min"
    assert demanded(text, (len(head), len(text))) == ["-10~55 ℃", "30 kW", "≥15 min"]
    assert demanded(text) == ["≥15 min"]
