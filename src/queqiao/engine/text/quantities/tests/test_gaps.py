import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        ("断面收缩率大于35%", "断面收缩率35%", NOT_MET),
        ("断面收缩率大于35%", "断面收缩率大于35%", MET),
        ("噪声不大于60dB", "整机噪声58dB", MET),
        ("测量误差≤±1%", "测量误差±0.5%", MET),
        ("测量误差≤±1%", "测量误差±2%", NOT_MET),
        ("量程0~50kPa", "量程0~80kPa", MET),
        ("量程0~50kPa", "量程10~80kPa", NOT_MET),
        ("平均粒径50~90nm", "平均粒径60~80nm", MET),
        ("平均粒径50~90nm", "平均粒径120nm", NOT_MET),
        ("能耗降低20%以上", "能耗降低25%", MET),
        ("能耗降低20%以上", "能耗20%", NOT_STATED),
        ("-30℃容量保持率≥80%", "-30℃容量保持率82%", MET),
        ("-30℃容量保持率≥80%", "25℃容量保持率95%", NOT_STATED),
        ("-20℃放电容量≥70%", "-40℃放电容量75%", MET),
        ("500次循环后容量保持率≥80%", "1000次循环后容量保持率85%", MET),
        ("1000次循环后容量保持率≥80%", "500次循环后容量保持率85%", NOT_STATED),
        ("28天抗压强度≥40MPa", "7天抗压强度42MPa", NOT_STATED),
        ("要求28d抗压强度≥40MPa", "3d抗压强度42MPa", NOT_STATED),
        ("检测精度≤0.05mm", "测量误差±0.03mm", MET),
        ("耐温 1200±10℃", "最高使用温度650℃", NOT_MET),
        ("耐压不低于1MPa", "爆破压力2MPa", NOT_STATED),
        ("定位精度≤0.1mm", "重复定位精度±0.02mm", NOT_STATED),
        ("不良率低于0.5%", "良品率99.8%", NOT_STATED),
        ("出水总磷≤0.3mg/L", "总磷0.2mg/L", MET),
        ("总氮≤10mg/L", "氨氮0.5mg/L", NOT_STATED),
        ("可靠性MTBF≥5000h", "平均无故障时间8000小时", MET),
        ("pH 6~9", "出水pH值7.5", MET),
        ("压缩强度≥10MPa", "抗压强度12MPa", MET),
        ("导热系数≥5W/(m·K)", "导热系数达5.2W/mK", MET),
        ("低温冲击功(-40℃)≥27J", "-40℃冲击功35J", MET),
        ("低温冲击功(-40℃)≥27J", "室温冲击功60J", NOT_STATED),
        ("耐高温600℃以上", "使用温度可达650℃", MET),
        ("耐压≥0.6MPa", "耐压（8bar）", MET),
        ("工作温度≥500°F", "工作温度250℃", NOT_MET),
        ("续航时间大于2小时", "续航150分钟", MET),
        ("行走状态下识别率≥70%", "静坐状态下识别率82%", NOT_STATED),
        ("行走状态下识别率≥70%", "行走状态下识别率82%", MET),
        ("行走速度不低于2m/s", "行走速度1~4m/s", MET),
        ("整机重量不超过50kg", "整机42kg", MET),
        ("整机重量不超过50kg", "载荷60kg", NOT_STATED),
        ("外壳防护等级不低于IP67", "IP68", MET),
        ("处理能力不小于500t/d", "单线30t/h", MET),
        ("处理能力不小于500t/d", "产汽量30t/h", NOT_STATED),
        ("清洗效率每小时500平方米以上", "最快每小时900平方米", NOT_STATED),
        ("固化时间不超过18min", "搅拌10min", NOT_STATED),
        ("功耗不超过10W", "待机功耗0.5W", NOT_STATED),
        ("电芯能量密度≥160Wh/kg", "单体能量密度185Wh/kg", MET),
        ("水耗比现在降低10%以上", "与传统工艺相比水耗降低16%", MET),
        ("处理水量450m³/h", "处理水量520m³/h", MET),
        ("保质期延长到21天", "", NOT_STATED),
        ("误停：目标 ≤2 次/年", "误停≤1 次/站·年", MET),
        ("告警提前量：现状 90 s，目标 ≥15 min", "提前量≥20 min", MET),
        ("成品冷链0~4 ℃", "先在70 ℃下快速液化", NOT_STATED),
        ("固化时间≤20min", "固化12min", MET),
        ("单次化验耗时小于40s", "单次化验30秒", MET),
        ("整条产线能耗降低20%以上", "能耗降低25%", MET),
        ("30℃下保持率≥80%", "30min后保持率90%", NOT_STATED),
        ("-20℃、0.5C容量保持率≥80%", "-20℃、0.1C容量保持率90%", NOT_STATED),
        ("进水COD 5000mg/L时去除率≥85%", "进水COD 4000~6000mg/L时去除率92%", MET),
        ("分辨率不低于12万像素", "分辨率400×400像素", MET),
        ("分辨率不低于30万像素", "分辨率400×400像素", NOT_MET),
    ],
)
def test_what_is_stated_is_held_against_what_is_asked(need: str, offered: str, status: GapStatus):
    assert compare(need, offered) == [status]


def test_the_margin_is_a_share_of_the_bound():
    need, offered = extract_indicators("气孔率不高于2%，强度不低于200MPa"), extract_indicators("气孔率1.5%，强度150MPa")
    assert [gap.margin for gap in compare_indicators(need, offered)] == [0.25, -0.25]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("抗拉强度", "抗压强度"),
        ("进水温度", "出水温度"),
        ("钛回收率", "铁收率"),
        ("轴向循环寿命", "径向循环寿命"),
        ("漏检率", "误检率"),
        ("接触电阻", "绝缘电阻"),
        ("长度", "重量"),
        ("", "重量"),
    ],
)
def test_names_of_different_quantities_are_not_taken_for_one(one: str, other: str):
    assert name_similarity(one, other) < 0.6


@pytest.mark.parametrize(
    ("one", "other"), [("噪声", "整机噪音"), ("循环寿命", "常温循环寿命"), ("货架期", "保质期"), ("導熱系數", "热导率")]
)
def test_names_of_one_quantity_are_recognised(one: str, other: str):
    assert name_similarity(one, other) >= 0.6
    assert name_similarity(one, other) == name_similarity(other, one)


# Quantities no two of which are one, with a unit each; some share a unit or most of their characters.
QUANTITIES = (
    ("抗拉强度", "MPa"), ("抗压强度", "MPa"), ("抗弯强度", "MPa"), ("工作压力", "MPa"), ("进水温度", "℃"),
    ("出水温度", "℃"), ("漏检率", "%"), ("误检率", "%"), ("容量保持率", "%"), ("合格率", "%"),
    ("接触电阻", "mΩ"), ("绝缘电阻", "mΩ"),
    ("响应时间", "s"), ("充电时间", "s"), ("长度", "mm"), ("厚度", "mm"), ("定位误差", "mm"),
    ("整机重量", "kg"), ("载荷", "kg"), ("前端直径", "mm"), ("后端直径", "mm"), ("内径公差", "mm"), ("外径公差", "mm"),
    ("低温冲击功", "J"), ("室温冲击功", "J"), ("制冷量", "kW"), ("制热量", "kW"), ("锂回收率", "%"), ("镍回收率", "%"),
    ("满载效率", "%"), ("轻载效率", "%"), ("脱硫效率", "%"), ("总氮去除率", "%"), ("总磷去除率", "%"),
    ("弹性模量", "GPa"), ("强度", "MPa"), ("上升时间", "s"), ("下降时间", "s"), ("放电时间", "s"),
    ("最高转速", "r/min"), ("最低转速", "r/min"),
)  # fmt: skip
# Settings of which none holds another: what is stated under one says nothing of the next.
SETTINGS = (
    "养护28d",
    "养护3d",
    "25℃下",
    "-30℃下",
    "85℃下",
    "500h老化后",
    "转速900r/min时",
    "满载状态下",
    "空载状态下",
    "2C倍率下",
    "距离3m时",
)
VALUES = st.integers(1, 999)
BOUNDS = st.sampled_from(["不低于", "不高于", "≥", "≤", "大于", "小于"])


@given(st.permutations(QUANTITIES), VALUES, VALUES, BOUNDS)
def test_what_is_stated_of_one_quantity_never_meets_a_demand_on_another(names, asked: int, stated: int, bound: str):
    (one, unit), (other, _unit) = names[:2]
    for given_unit in (unit, names[1][1]):
        assert compare(f"{one}{bound}{asked}{unit}", f"{other}{stated}{given_unit}") == [NOT_STATED]


@given(st.permutations(SETTINGS), st.sampled_from(QUANTITIES), VALUES, VALUES, BOUNDS)
def test_what_holds_under_one_setting_never_meets_a_demand_under_another(
    settings, quantity: tuple[str, str], asked: int, stated: int, bound: str
):
    name, unit = quantity
    need, offered = f"{settings[0]}{name}{bound}{asked}{unit}", f"{settings[1]}{name}{stated}{unit}"
    assert MET not in compare(need, offered)
    assert MET not in compare(need, f"{name}{stated}{unit}")


@given(st.sampled_from(SETTINGS), st.sampled_from(QUANTITIES), VALUES, VALUES)
def test_the_same_quantity_under_the_same_setting_is_met_exactly_where_the_numbers_say_so(
    setting: str, quantity: tuple[str, str], asked: int, stated: int
):
    name, unit = quantity
    status = compare(f"{setting}{name}≥{asked}{unit}", f"{setting}{name}{stated}{unit}")
    assert status == [MET if stated >= asked else NOT_MET]


@pytest.mark.parametrize(
    ("need", "offered"),
    [
        ("暖机时间不高于 20 min", "时间≤20 s"),
        ("蛋白提取率不低于 65%", "收率≥97%"),
        ("误差不高于 5 μm", "误差≤0.8 μm"),
        ("吨糠废水不高于 2 t", "整机重量 1.35 t"),
        ("保质期不少于 12 个月", "菌剂保质期 18 个月"),
    ],
)
def test_among_texts_on_other_subjects_a_bare_quantity_meets_nothing(need: str, offered: str):
    def status(*, related: bool) -> list[GapStatus]:
        pair = extract_indicators(need), extract_indicators(offered)
        return [gap.status for gap in compare_indicators(*pair, related=related)]

    assert status(related=True) == [MET]
    assert status(related=False) == [GapStatus.NOT_STATED]


def test_among_texts_on_other_subjects_a_quantity_that_names_its_own_still_counts():
    pair = extract_indicators("工作温度不低于 60 ℃"), extract_indicators("工作温度 70 ℃")
    assert [gap.status for gap in compare_indicators(*pair, related=False)] == [MET]


def test_a_word_that_holds_a_particle_is_read_whole():
    assert [one.name for one in extract_indicators("比对时间≤20 s")] == ["比对时间"]
