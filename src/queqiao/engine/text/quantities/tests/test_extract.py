"""Each example says in a sentence of ours what a reader takes from it: written, name, comparison, low, high, unit."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queqiao.engine.text.quantities import Comparison, extract_indicators

GE, GT, LE, LT, EQ, RANGE, APPROX = (Comparison(code) for code in ("ge", "gt", "le", "lt", "eq", "range", "approx"))


def read(text: str) -> list[tuple[str, Comparison, float | None, float | None, str]]:
    return [(text[i.start : i.end], i.comparison, i.low, i.high, i.unit) for i in extract_indicators(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("球团抗压强度应≥2500N", ("≥2500N", GE, 2500, None, "N")),
        ("坩埚气泡直径不得大于0.3毫米", ("不得大于0.3毫米", LE, None, 0.3, "mm")),
        ("还原膨胀率低于15％", ("低于15％", LT, None, 15, "%")),
        ("续航力超过120海里", ("超过120海里", GT, 120, None, "[nmi]")),
        ("额定流量120立方米/小时", ("120立方米/小时", EQ, 120, 120, "m3/h")),
        ("适用跨度8m-12m", ("8m-12m", RANGE, 8, 12, "m")),
        ("测温范围-200～1300℃", ("-200～1300℃", RANGE, -200, 1300, "Cel")),
        ("坍落度200mm±20mm", ("200mm±20mm", RANGE, 180, 220, "mm")),
        ("阻抗50Ω±5%", ("50Ω±5%", RANGE, 47.5, 52.5, "Ohm")),
        ("套印误差±0.02mm以内", ("±0.02mm以内", RANGE, -0.02, 0.02, "mm")),
        ("伸长率(30±2)%", ("(30±2)%", RANGE, 28, 32, "%")),
        ("堆密度0.65g/cm³左右", ("0.65g/cm³左右", APPROX, 0.65, 0.65, "g/cm3")),
        ("设计寿命不少于六十年", ("不少于六十年", GE, 60, None, "a")),
        ("插拔寿命3万次以上", ("3万次以上", GE, 30000, None, "times")),
        ("合格率九成以上", ("九成以上", GE, 90, None, "%")),
        ("破损率万分之三以下", ("万分之三以下", LE, None, 0.03, "%")),
        ("误码率<10⁻⁶", ("<10⁻⁶", LT, None, 1e-6, "1")),
        ("扩散系数不大于4×10⁻¹²m²/s", ("不大于4×10⁻¹²m²/s", LE, None, 4e-12, "m2/s")),
        ("硬度HV650以上", ("HV650以上", GE, 650, None, "HV")),
        ("外壳防护等级不低于IP65", ("不低于IP65", GE, 65, None, "IP")),
        ("用水量每小时9吨", ("每小时9吨", EQ, 9, 9, "t/h")),
        ("日处理能力800吨", ("800吨", EQ, 800, 800, "t/d")),
        ("吨水处理成本控制在2元以内", ("控制在2元以内", LE, None, 2, "CNY/t")),
        ("透湿量6000g/(m²·24h)以上", ("6000g/(m²·24h)以上", GE, 6000, None, "g/(m2.d)")),
        ("高径比1:4", ("1:4", EQ, 0.25, 0.25, "1")),
        ("接触疲劳寿命超过10⁷次", ("超过10⁷次", GT, 1e7, None, "times")),
        ("线膨胀系数11.5×10⁻⁶/℃", ("11.5×10⁻⁶/℃", EQ, 1.15e-5, 1.15e-5, "1/Cel")),
        ("线膨胀系数(3.2±0.1)×10⁻⁶/℃", ("(3.2±0.1)×10⁻⁶/℃", RANGE, 3.1e-6, 3.3e-6, "1/Cel")),
        ("采集间隔100ms～2s", ("100ms～2s", RANGE, 0.1, 2, "s")),
        ("使用温度零下20℃到60℃", ("零下20℃到60℃", RANGE, -20, 60, "Cel")),
        ("成活率九成五以上", ("九成五以上", GE, 95, None, "%")),
        ("缺陷率百万分之五以下", ("百万分之五以下", LE, None, 5, "[ppm]")),
        ("对位误差三微米以内", ("三微米以内", LE, None, 3, "um")),
        ("孔径φ0.5mm", ("φ0.5mm", EQ, 0.5, 0.5, "mm")),
        ("单个杂质不得过0.2%", ("不得过0.2%", LE, None, 0.2, "%")),
        ("30分钟溶出度不低于标示量的80%", ("不低于标示量的80%", GE, 80, None, "%")),
        ("写入速度不低于每秒50万条", ("不低于每秒50万条", GE, 500_000, None, "1/s")),
        ("百公里油耗不超过28升", ("不超过28升", LE, None, 28, "L/100km")),
        ("吨水电耗不高于0.3度", ("不高于0.3度", LE, None, 0.3, "kW.h/t")),
        ("凝点不高于零下35度", ("不高于零下35度", LE, None, -35, "Cel")),
        ("循环寿命2600周", ("2600周", EQ, 2600, 2600, "times")),
        ("亩产不低于800斤", ("不低于800斤", GE, 400, None, "kg/mu")),
        ("年处理能力不低于12 500 t", ("不低于12 500 t", GE, 12500, None, "t/a")),
        ("配电容量五百千伏安", ("五百千伏安", EQ, 500, 500, "kVA")),
        ("误停≤2 次/站·年", ("≤2 次/站·年", LE, None, 2, "1/a")),
        ("试剂用量≤0.8 kg/槽", ("≤0.8 kg/槽", LE, None, 0.8, "kg")),
        ("育苗成本≤1.5元/株", ("≤1.5元/株", LE, None, 1.5, "CNY")),
        ("每盏灯增加成本18元", ("18元", EQ, 18, 18, "CNY")),
        ("写入速度≥3000段/s", ("≥3000段/s", GE, 3000, None, "1/s")),
        ("稳定性优于0.3%/8h", ("优于0.3%/8h", LE, None, 0.3, "%/8h")),
        ("背隙小于2弧分", ("小于2弧分", LT, None, 2, "arcmin")),
        ("每吨料电耗低于0.2度/kg", ("低于0.2度/kg", LT, None, 0.2, "kW.h/kg")),
        ("蒸发1吨水耗汽不大于1.3吨", ("不大于1.3吨", LE, None, 1.3, "t/t")),
        ("展开可靠度0.999", ("0.999", EQ, 0.999, 0.999, "1")),
        ("样机满载效率96%", ("96%", EQ, 96, 96, "%")),
        ("pot life over 3 years", ("over 3 years", GT, 3, None, "a")),
        ("efficiency of at least 95%", ("at least 95%", GE, 95, None, "%")),
        ("operating temperature -40 to 60 °C", ("-40 to 60 °C", RANGE, -40, 60, "Cel")),
    ],
)
def test_a_value_is_read_as_its_author_means_it(text: str, expected: tuple[str, Comparison, float, float, str]):
    assert read(text) == [expected]


@pytest.mark.parametrize(
    ("text", "comparison"),
    [
        ("清洁度达到99%", GE), ("表面粗糙度达到0.2μm", LE), ("定位精度优于3μm", LE), ("识别精度达到98%", GE),
        ("保质期延长到40天", GE), ("固化时间缩短到5分钟", LE), ("温度控制在60℃以内", LE),
    ],
)  # fmt: skip
def test_reaching_and_beating_follow_the_better_direction_of_the_quantity(text: str, comparison: Comparison):
    assert [indicator.comparison for indicator in extract_indicators(text)] == [comparison]


@pytest.mark.parametrize(
    ("text", "relative", "low"),
    [
        ("药剂消耗降低45%以上", True, 45), ("产量提高2.3倍", True, 2.3), ("减重15%", True, 15),
        ("周期缩短1/4", True, 0.25), ("平均减少返工工时两成", True, 20), ("良率比原工艺高5%", True, 5),
        ("生物利用度是普通片的3倍", True, 3), ("变形量为总长的2%", False, 2), ("压缩永久变形20%", False, 20),
        ("含水率降到30%以下", False, None), ("回路压降0.2V", False, 0.2), ("最高耐压15MPa", False, 15),
    ],
)  # fmt: skip
def test_a_change_is_told_from_a_level(text: str, relative: bool, low: float | None):
    assert [(indicator.relative, indicator.low) for indicator in extract_indicators(text)] == [(relative, low)]


@pytest.mark.parametrize(
    "text",
    [
        "公司成立于2011年，占地150亩，职工420人，拥有专利56件，去年产值3.2亿元。",
        "项目期限两年，总投资不超过800万元，2027年3月底前交付，申请发明专利3～5项。",
        "按GB/T 228.1-2010和ASTM E8检测，材料为42CrMo4，联系电话028-55512345。",
        "目前强度只有200MPa左右，现有石灰法只能降到15mg/L左右。",
        "5G基站与3D打印是重点方向，属于国家A级企业。",
        "争取5个月内拿出试制件。",
        "合同生效后6个月以内完成设计，项目实施周期3年，团队有8年的研发经验。",
        "现为2×600MW机组供货，在120万吨/年合成氨装置和3000吨压机上用过。",
        "研发费用按100%加计扣除，研发人员占比15%，产值占全市的21%。",
        "靶材纯度5N，铅笔硬度2H，图像分辨率4K，布设12个点位。",
        "装夹一次要两三个小时，操作人员减至4人。",
        "每年进货四五百吨。",
        "进入世界500强，配3轴机床和5层楼车间。",
        "厂区260亩，距机场31公里，每500小时换一次油。",
        "",
        "钢",
        "！？。，",
    ],
)
def test_what_is_no_indicator_is_left_alone(text: str):
    assert read(text) == []


def test_where_a_change_begins_is_no_indicator():
    assert read("良率由92%提升到99%以上") == [("提升到99%以上", GE, 99, None, "%")]


@pytest.mark.parametrize(
    ("text", "name", "low", "high"),
    [
        ("密封寿命由 3000 小时提高到 5000 小时。", "密封寿命", 5000, None),
        ("合格率从 92% 提升至 98%。", "合格率", 98, None),
        ("单件工时从 45 s 缩短到 30 s 以内。", "单件工时", None, 30),
    ],
)
def test_where_a_change_begins_is_told_with_blanks_too(text: str, name: str, low: float | None, high: float | None):
    (found,) = extract_indicators(text)
    assert (found.name, found.low, found.high, found.condition) == (name, low, high, None)


def test_one_comparison_serves_a_list_and_each_value_has_its_own_name():
    text = "钢板的屈服强度、抗拉强度和伸长率分别不低于420、550MPa和18%"
    found = [(i.name, i.comparison, i.low, i.unit) for i in extract_indicators(text)]
    assert found == [("屈服强度", GE, 420, "MPa"), ("抗拉强度", GE, 550, "MPa"), ("伸长率", GE, 18, "%")]


@pytest.mark.parametrize(
    ("text", "value", "condition"),
    [
        ("养护28d强度≥40MPa", "≥40MPa", "28d"),
        ("放置72h前端直径不大于4mm", "不大于4mm", "72h"),
        ("满载30kg时续航25min以上", "25min以上", "满载30kg时"),
        ("2C倍率下容量≥90mAh/g", "≥90mAh/g", "2C倍率下"),
        ("56天电通量小于1000库仑", "小于1000库仑", "56天"),
        ("在65℃时溶解率不低于70%", "不低于70%", "在65℃时"),
        ("揉搓25次后，拒水率仍大于75%", "大于75%", "揉搓25次后"),
        ("回弹(15min)不大于0.4%", "不大于0.4%", "15min"),
        ("从30%升到95%耗时7分钟以内", "7分钟以内", "从30%升到95%"),
        ("探测距离≥200m@10%反射率", "≥200m", "10%反射率"),
        ("传感器在0～4%CH4范围内误差小于0.1%", "小于0.1%", "在0～4%CH4范围内"),
        ("5～45℃内称量误差±0.2g", "±0.2g", "5～45℃内"),
        ("环境温度低于0℃时出力大于50kW", "大于50kW", "环境温度低于0℃时"),
        ("抗压强度28d达3MPa", "达3MPa", "28d"),
        ("高速行走状态下识别率≥90%", "≥90%", "高速行走状态下"),
    ],
)
def test_a_number_that_sets_a_condition_is_no_indicator_of_its_own(text: str, value: str, condition: str):
    assert [(text[i.start : i.end], i.condition) for i in extract_indicators(text)] == [(value, condition)]


def test_places_are_those_of_the_original_however_wide_it_is_written():
    text = "峰值扭矩１８０Ｎ·ｍ，重量不大于４２ｋｇ"
    assert read(text) == [("１８０Ｎ·ｍ", EQ, 180, 180, "N.m"), ("不大于４２ｋｇ", LE, None, 42, "kg")]


def test_a_rival_is_no_part_of_the_name():
    found = extract_indicators("用气量比常规机型降低20%，与燃煤锅炉相比热耗降低15%")
    assert [(indicator.name, indicator.relative) for indicator in found] == [("用气量", True), ("热耗", True)]


def test_the_name_is_given_with_its_place():
    text = "要求涂层的结合强度≥70MPa"
    (indicator,) = extract_indicators(text)
    assert indicator.name == text[indicator.name_start : indicator.name_end] == "结合强度"


PIECES = st.sampled_from(
    "0123456789.,，。；、：:()（）~～-±≥≤<>%‰℃μΩ²³⁻万亿千半成分之一二三每小时天吨米毫克升MPakgmLhV/·×^①"
    "不低于大于约以上以内提高到由后时下强度率比的@φ零在内减少成本超 \n\x00"
)


@given(st.text(PIECES, max_size=60))
def test_any_text_gives_disjoint_places_inside_it(text: str):
    found = extract_indicators(text)
    assert extract_indicators(text) == found
    ends = [0, *(indicator.end for indicator in found)]
    for indicator, before in zip(found, ends, strict=False):
        assert before <= indicator.start < indicator.end <= len(text)
        if indicator.low is not None and indicator.high is not None:
            assert indicator.low <= indicator.high


@given(st.text(PIECES, max_size=60))
def test_names_and_conditions_are_words_of_the_text_at_their_places(text: str):
    for indicator in extract_indicators(text):
        if indicator.name_start is not None:
            assert text[indicator.name_start : indicator.name_end] == indicator.name
        assert bool(indicator.name) == (indicator.name_start is not None)
        assert (indicator.condition or "") in text


def test_twenty_thousand_characters_are_read_whole():
    text = "抗拉强度不低于600MPa，500次循环后容量保持率≥80%；" * 600
    assert len(extract_indicators(text[:20_000])) > 1000


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1,",
        "(1)",
        "A1",
        "1-",
        "1~2",
        "±1",
        "5mm",
        "1mm×",
        "1、",
        "三百万",
        "每",
        "从",
        "5时",
        "5%的",
        "比5",
        "@5%",
        "减5",
    ],
)
def test_no_run_of_signs_takes_more_than_a_moment(piece: str):
    """Twice the length takes about twice the time, not four times: read in a second or two, not in a minute."""
    text = piece * (20_000 // len(piece))
    started = time.perf_counter()
    extract_indicators(text)
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize(
    ("text", "name", "value", "condition"),
    [
        ("卡箍脱落：现状 6 次/月，目标 ≤1 次/月", "卡箍脱落", "≤1 次/月", None),
        ("预警提前量：目标 ≥20 min；误报：目标每站 ≤2 条/周", "误报", "≤2 条/周", None),
        ("2. 吨纸汽耗：要求不高于1.6t", "吨纸汽耗", "不高于1.6t", None),
        ("浸水48小时附着力：现状 2 MPa，目标 ≥5 MPa", "附着力", "≥5 MPa", "浸水48小时"),
        ("技术指标：精度±1%，要求：寿命8年", "寿命", "8年", None),
    ],
)
def test_in_a_list_the_quantity_stands_before_the_colon_and_not_the_word_of_aim(
    text: str, name: str, value: str, condition: str | None
):
    found = extract_indicators(text)[-1]
    assert (found.name, text[found.start : found.end], found.condition) == (name, value, condition)
    assert text[found.name_start : found.name_end] == name


def test_a_word_of_aim_is_no_name():
    assert [(i.name, i.low) for i in extract_indicators("目标 ≥15 min；要求不低于3MPa")] == [("", 15), ("", 3)]


def test_a_word_that_begins_like_a_unit_is_no_unit():
    assert [i.unit for i in extract_indicators("导热系数从0.022升到0.041，并发≥300节点")] == ["1", "1"]


def test_a_value_in_brackets_is_named_by_what_stands_before_them():
    (found,) = extract_indicators("工作压力（≥8 bar）")
    assert (found.name, found.low, found.unit) == ("工作压力", 8, "bar")


def test_the_same_value_in_another_unit_is_one_indicator():
    for text in ("耐压 0.8 MPa (8 bar)", "耐压0.8MPa（约116 psi）", "耐温260℃（500°F）"):
        assert [one.name for one in extract_indicators(text)] == [text[:2]]
    other = extract_indicators("强度30MPa（3 GPa）")
    assert [(one.low, one.condition) for one in other] == [(30, "3 GPa")]


@pytest.mark.parametrize(
    ("text", "name", "low", "high", "unit", "condition"),
    [
        ("药物溶出度30分钟内≥85%", "药物溶出度", 85, None, "%", "30分钟内"),
        ("60min内去除率≥95%", "去除率", 95, None, "%", "60min内"),
        ("抗压强度28d达3MPa", "抗压强度", 3, None, "MPa", "28d"),
        ("压缩空气系统比功率≤6.0kW/(m³/min)", "压缩空气系统比功率", None, 6, "kW.min/m3", None),
        ("加工表面粗糙度Ra0.8以下", "加工表面粗糙度Ra", None, 0.8, "um", None),
        ("研制额定载荷500kg的小车", "额定载荷", 500, 500, "kg", None),
        ("样机最大提升力5kN", "样机最大提升力", 5, 5, "kN", None),
        ("烘干时间从四个小时压到一个半小时以内", "烘干时间", None, 1.5, "h", None),
        ("初凝不早于45min", "初凝", 45, None, "min", None),
        ("终凝不迟于390min", "终凝", None, 390, "min", None),
        ("杀菌对数值≥4", "杀菌对数值", 4, None, "1", None),
        ("下潜深度300米", "下潜深度", 300, 300, "m", None),
        ("目前废品率5%左右，希望降到1%以内", "目前废品率", None, 1, "%", None),
        ("误差不超过正负0.5毫米", "误差", -0.5, 0.5, "mm", None),
        ("长度20正负0.1毫米", "长度", 19.9, 20.1, "mm", None),
        ("Accuracy better than 95%", "Accuracy", 95, None, "%", None),
        ("在25℃、相对湿度60%条件下，检出限5ppb", "检出限", 5, 5, "[ppb]", "在25℃、相对湿度60%条件下"),
    ],
)
def test_one_indicator_is_read_with_its_name_and_condition(
    text: str, name: str, low: float | None, high: float | None, unit: str, condition: str | None
):
    (found,) = extract_indicators(text)
    assert (found.name, found.low, found.high, found.unit, found.condition) == (name, low, high, unit, condition)
    assert not found.relative


def test_what_holds_still_after_something_is_of_the_same_quantity():
    assert [one.name for one in extract_indicators("抗折强度：3d≥4MPa，28d≥7MPa")] == ["抗折强度", "抗折强度"]
    first, second = extract_indicators("抗菌率≥99%，洗涤50次后仍≥95%")
    assert (second.name, second.condition) == (first.name, "洗涤50次后") == ("抗菌率", "洗涤50次后")


def test_values_with_a_stroke_between_share_their_bound():
    assert [one.low for one in extract_indicators("拉伸强度（纵/横）≥200/180MPa")] == [200, 180]
