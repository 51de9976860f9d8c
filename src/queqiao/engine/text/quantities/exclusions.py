"""Numbers that are no indicators: dates, money, counts, names, standards, what is there today."""

import re

from queqiao.engine.text.quantities.model import Folded
from queqiao.engine.text.quantities.values import Value

_DATE = re.compile(
    r"(?:19|20)\d{2}\s?(?:年|[-./]\d{1,2}|版|届|\b)|\d{1,2}月(?:\d{1,2}日|份|底|初|前|中|以)?|\d{1,2}[日号](?!夜|程)"
)
_DATE_TAIL = re.compile(r"(?:年|月)\s?$")
_TELEPHONE = re.compile(r"\d{3,4}-\d{7,8}|1[3-9]\d{9}|\d{7,}")
_STANDARD = re.compile(
    r"(?:GB|JB|HJ|NB|QB|YY|NY|JGJ|DL|ISO|IEC|ASTM|EN|DIN|UL|GJB|SJ|HG|SH|CJ|TB|YB|YS|DB|JTG|T/[A-Z]+)"
    r"(?:/[TZ])?\s?[\dA-Z.\-]*$"
)
_NAME_BEFORE = re.compile(r"[A-Za-z][A-Za-z]*-?$")
_QUANTITY_LETTERS = re.compile(
    r"(?:pH|PH|Ra|Rz|Rw|Rq|mAP\d*|AUC|PUE|PDI|COP|EER|UPF|PSNR|SSIM|IoU|IOU|F1|HV|HRC|IP|SPF|D50|D90|D10|T90|COD|BOD|"
    r"TOC|VOC|NOx|BET|Tg|RMSE|R2|Cv|SNR|FPS|Q值|IPLV|AC|DC)\s?$"
)
_LIST_MARK = re.compile(r"(?:^|[。；：:\n\s，(（])\(?$")
_LIST_END = re.compile(r"(?:[、)）]|\.(?!\d))")
_CLASS = re.compile(r"(?:类|级|型|号|代|期|届|批|寸|英寸|号文|A级|等奖)")
# Of a bare number only: 500强, 3轴 and 5层楼, but 28d强度 and 8h端电压 are quantities.
_CLASS_OF_BARE = re.compile(r"(?:线|强|维|轴|阶|相(?!对)|端|色|芯|面体|挡|档|族|位数|层楼|楼)")
_PEOPLE = re.compile(
    r"(?:余|多|几)?(?:人(?!工|机|体|为|造)|名|位|家|项|篇|户|座|艘|所|省|市(?!场)|县|区|镇|村|条(?:生产)?线|款|届|册|"
    r"个(?!月|小时|百分点|点|循环|大气压|星期)|种|类|期|批|套|辆|栋|间|处|场|门|本|股|匹|次会|方面|口)"
)
_MONEY = re.compile(r"(?:余|多|几)?(?:万|亿|千|百)?\s?(?:元|块钱|人民币|美元|欧元|万元|亿元)")
_COST = re.compile(r"成本|费用|电费|药耗|单耗|水费|造价|能耗")
_PER_COST = re.compile(r"吨|每|单[件台位瓶个套次枚只根片吨]|公斤|千克|度|亩|方|件")
_BUDGET = re.compile(
    r"预算|投资|经费|资金|收入|产值|利润|补助|补贴|销售|营收|注册|价格|单价|售价|奖励|融资|贷款|总额|合同|报价|年费"
)
_BACKGROUND = re.compile(
    r"(?:员工|职工|占地|厂房|厂区|建筑面积|海拔|埋深|(?:全长|总长)(?!的)|里程|注册|成立|存栏|运距|人口|库容|装机|耕地|基地|流转|种植面积|"
    r"年产[^，。；]{0,6}$|年产尾矿|年产量|年排放|年需求|年用|年销|现有(?![^，。；\d]{1,8}(?:配置|条件|设备)下)|目前|当前|现在|如今|原来|现状|已有|已建|原有|以往|去年|今年|"
    r"首批|首单|首轮|累计|历时|距今|层高|工期|交期|质保|实施期|建设期|执行期|合同期|获奖|获评|仓库|办公|年减排|年节约|年节省|年节支|年新增|合作期|期限|用地|场地|(?:样品|样机)(?=[^，。；]{0,2}$)|投放|做过|多年|过去)"
)
_TODAY = re.compile(
    r"(?:目前|当前|现在|现有)(?![^，。；\d]{1,8}(?:配置|条件|设备)下)|(?<!比)(?:现用|现工艺|原工艺|原设计)|如今|原来|现状|只有|仅有|原先|以前|过去|国外|进口(?!同类)|同行|传统"
)
_TODAY_FIRST = re.compile(r"[^，。；\d]{0,4}(?:目前|当前|现在|现状|原来|以前)")
_TURN = re.compile(r"要求|需要|需|希望|想|拟|目标|期望|改造后|研[制发]|开发|采用|新|提升|提高|降|缩短|不[低高大小少超]")
_TARGET = re.compile(r"要求|需要|希望|达到|提升|提高|降|缩短|控制|不[低高大小少超]|至少|以上|以下|以内|≥|≤")
_TOO = re.compile(r"(?:太|过于|才能?|就(?![够行可能好]))[^，。；]")
_ONLY = re.compile(r"(?:只能(?![耗量源])|仅能|只有|仅有|勉强)[^，。；\d]{0,4}$")
_FUNDS = re.compile(r"(?:资金|投资|经费|投入|产值|利税|利润)[^，。；]{0,3}$")
_ODD = re.compile(r"[余多几](?:万|千|百)?[^\d，。；、]")  # 30余台: how many there are, roughly
_POLICY = re.compile(
    r"加计扣除|扣除|税率|利率|持股|股权|占股|补贴|补助|市场份额|市占率|国产化率|占比达|价格|售价|报价|单价|增长率|同比|学历|专利|论文|软著|著作权|产值|营业额|GDP|人员占比|研发投入|人员占"
)
_POLICY_AFTER = re.compile(r"(?:的)?(?:加计|比例)?(?:扣除|抵扣|补助|补贴|资助|配套资金|税率|股)")
# Plants and machines that a size only identifies: 2×600MW机组, 3600吨压机.
_PLANT = re.compile(
    r"(?:级|的)?(?:[×xX]\d)?[^，。；、\d≥≤<>]{0,4}?(?:机组|锅炉|电站|电厂|生产线|产线|示范线|中试线|示范工程|压机|挤压机|机上|盾构|反应釜|高炉|转炉)"
)
_EXPERIENCE = re.compile(r"(?:以上|多)?的?[^，。；\d]{0,8}(?:经验|历史|努力|积累|发展|探索|攻关)")
# 120万吨/年合成氨装置: yearly output before what is made, where no quantity is named.
_YEARLY = re.compile(r"[\u4e00-\u9fff]{2}")
_CAPACITY = re.compile(r"(?:能力|量|产能|规模)[^，。；]{0,4}$")
_MULTIPLIED = re.compile(r"\d\s?[×xX*]\s?$")
_NEVER = re.compile(
    r"(?:工期|交期|运距|质保期?|总投资|投资|预算|经费|注册资本|年用量|年需求量?|年销量|(?:实施|研发|建设|项目|合作)周期)[^，。；\d]{0,4}$"
)
_WISH = re.compile(
    r"(?:(?:合同|协议)?(?:生效|签订|签约|立项|启动)后?|自|起|预期|目标|通过|经过|公司|我们|拟定|实施|周期|希望|计划|预计|争取|要求|力争|想|期望|拟|确保|最好|必须|能|可|在|于|完成|见到|交付|投产|上线|解决|实现|项目|建设|研发|开发|合作|工程)*$"
)
_LABEL = re.compile(
    r"^(?:\(?\d{1,2}[)、.]\s?|(?:预期|任务|项目|总体|主要|工作)?(?:目标|要求|任务|计划)(?:如下)?[:：]\s?)+"
)
_BASE = re.compile(
    r"(?:由|从)\s?(?:现在的|目前的|原来的|现有的|原先的|传统的)?\s?(?:每[^，。；\d]{1,3})?(?:约|大约|不足|近)?\s?$"
)
_BASE_FOLLOWS = re.compile(r"\s?(?:左右|以上|多)?[^，。；\d]{0,6}?(?:提|降|缩|延|减|压|增|升|到|至|变|扩|拓|下)")
_LASTED = re.compile(r"来|多来|前(?![端后轮轴缘])|期")
_RECENT = re.compile(r"(?:近|最近|过去|前|未来|今后|连续|经过|历经|用了|约)$")
_ORDINAL = re.compile(r"(?:第|No\.?|编号|附件|表|图|式|专利号|ZL|CN|报告|批次|型号|牌号|房间|路|栋)\s?$")


_OWN_PRESENT = re.compile(
    r"(?:我们?|本)[厂司公][^，。；]{0,14}已|(?:我们?|本|公司|企业|厂)[^，。；需要求望拟想]{0,8}(?:每[年天月日]|[年日月])[^，。；需要求望拟想\d]{0,10}$"
)
_AWAY = re.compile(r"距(?!离)[^，。；]{1,6}$")
_STAFF = re.compile(r"(?:人工|人员|工人|操作工|员工|定员|班组)[^，。；]{0,14}$")
_ONE_OF = re.compile(r"(?:每[^，。；\d≤≥<>]{0,4}|处理|蒸发|生产|加工|冶炼)$")
_GOVERNS = re.compile(
    r"(?:龄期)?的?(?![内后左完出交]|前(?![端后轮轴缘]))[^，。；\d\s]{1,8}[度率值力](?=[^，。；]*\d)"
)  # 要求28d抗压强度≥50MPa
_RATE_AS_SETTING = re.compile(r"(?:倍率|充电|放电)?(?:条件)?[下时](?!间)")
_DELIVERY = re.compile(r"内?(?:完成|小批|量产|投产|交付|交货|出样|建成|达产|上线|验收)")
# Letters that are a grade and no unit beside these quantities: 纯度5N, 铅笔硬度2H, 分辨率4K.
_GRADES = (
    ("N", re.compile(r"纯度|purity")),
    ("H", re.compile(r"硬度|hardness")),
    ("K", re.compile(r"分辨率|画质|视频|影像|图像|超清|存储|采样|内存")),
)


def is_excluded(folded: Folded, value: Value, clause: tuple[int, int], *, compared: bool) -> bool:
    """Whether a value is no indicator; ``compared`` says that a comparison word stands beside it."""
    text = folded.text
    before, after = text[clause[0] : value.start], text[value.end : clause[1]]
    return (
        _is_label(text, value, before, compared=compared)
        or _is_money(value, text[value.start : value.end], before, after)
        or (not compared and _is_count(text, value, before, after))
        or (value.bare and _ODD.match(after) is not None)
        or is_base(text, value)
        or _is_grade_or_share(value, before, after)
        or bool(_OWN_PRESENT.search(before))
        or (not compared and bool(_BACKGROUND.search(before)))
        or bool(_POLICY.search(before))
        or bool(_POLICY_AFTER.match(after))
        or (not compared and _is_plant(value, before, after))
        or bool(_NEVER.search(before))
        or _is_period(value, before, after, compared=compared)
        or (not compared and value.unit in ("mesh", "C") and not _RATE_AS_SETTING.match(after))
        or _is_today(before, after)
        or (not compared and _is_still_today(text, value.start))
    )


def _is_label(text: str, value: Value, before: str, *, compared: bool) -> bool:
    """Dates, telephones, standards, names of models and materials, marks of lists, classes."""
    written = text[value.start : value.end]
    around = text[max(0, value.start - 12) : value.start]
    if _TELEPHONE.match(written.strip("-")) or _ORDINAL.search(around):
        return True
    if (_DATE.match(text, value.start) and not compared) or (_DATE_TAIL.search(before) and value.whole):
        return True
    if _STANDARD.search(around):
        return True
    if value.bare and value.whole and _LIST_MARK.search(text[max(0, value.start - 2) : value.start]):
        mark = _LIST_END.match(text, value.end)
        if mark is not None:
            return True
    if _CLASS.match(text, value.end) or (value.bare and _CLASS_OF_BARE.match(text, value.end)):
        return True
    return _is_name(text, value, before)


def _is_name(text: str, value: Value, before: str) -> bool:
    """GCr15, 5G, 3D, H2O2: letters that touch the digits and are no unit make a name."""
    if text[value.start : value.end][:1].isalpha():
        return False
    touching = _NAME_BEFORE.search(before)
    if touching is not None and not _QUANTITY_LETTERS.search(before):
        return True
    following = text[value.end : value.end + 1]
    return value.bare and bool(following) and following.isascii() and (following.isalpha() or following in "-#")


def _is_money(value: Value, written: str, before: str, after: str) -> bool:
    """Money counts only as the cost of one unit of output or product."""
    if value.bare and _FUNDS.search(before):
        return True
    if value.unit.split("/")[0] != "CNY" and not _MONEY.match(after):
        return False
    if _BUDGET.search(before):
        return True
    if "/" in value.unit or "/" in written:
        return False
    return not (_COST.search(before) and _PER_COST.search(before))


def _is_count(text: str, value: Value, before: str, after: str) -> bool:
    """People, companies, machines and the like, where nothing is compared."""
    written = text[value.start : value.end]
    if value.unit == "km" and _AWAY.search(before):
        return True
    if value.unit == "1" and not value.bare and "/" not in written and "每" not in before[-4:]:
        return not written[-1].isdigit() and "倍" not in written
    if value.bare and _PEOPLE.match(after):
        return True
    lasting = value.unit in ("a", "mo", "d", "h", "wk")
    return lasting and (bool(_RECENT.search(before)) or _LASTED.match(after) is not None)


def is_base(text: str, value: Value) -> bool:
    """由60%降至…, 从9天延长到…: where a change begins is no indicator."""
    before = text[max(0, value.start - 8) : value.start]
    return bool(_BASE.search(before)) and bool(_BASE_FOLLOWS.match(text, value.end))


def _is_today(before: str, after: str) -> bool:
    """目前只有35N左右: the present level, unless the clause goes on to what is wanted."""
    found = [match.end() for match in _TODAY.finditer(before)]
    if _TOO.match(after) or _ONLY.search(before):
        return True
    return bool(found) and not _TARGET.search(before[found[-1] :]) and not after.startswith(("以上", "以下", "以内"))


def _is_grade_or_share(value: Value, before: str, after: str) -> bool:
    """5N purity, 每蒸发1吨水, 人工减至4人, 6个月小批: units that are grades, counts by one, staff, deliveries."""
    if any(value.unit == unit and name.search(before + after[:6]) for unit, name in _GRADES):
        return True
    if value.low == 1 and value.whole and _ONE_OF.search(before):
        return True
    if before.endswith("每") and not after.startswith(("以", "之")):  # 每百万次小于5mg, 每500h更换
        return True
    if value.unit == "1" and _STAFF.search(before) and (after.startswith(("人", "名")) or not value.bare):
        return True
    if value.unit in ("a", "mo") and _EXPERIENCE.match(after):
        return True
    return value.unit in ("d", "mo", "a", "wk") and not before.strip() and bool(_DELIVERY.match(after))


def _is_plant(value: Value, before: str, after: str) -> bool:
    """2×600MW机组: how large a plant is, not what it shall reach; both numbers of it."""
    multiplied = _MULTIPLIED.search(before) is not None and value.unit in ("MW", "t/h", "kW", "t")
    counted = value.bare is False and re.match(r"\s?[×xX*]\s?\d", after) is not None and value.unit in ("MW", "t/h")
    if value.unit == "t/a" and _YEARLY.match(after) and not _CAPACITY.search(before):
        return True
    return multiplied or counted or (value.unit not in ("%", "1") and bool(_PLANT.match(after)))


def _is_still_today(text: str, start: int) -> bool:
    """现在一炉要55分钟，电耗420度，想…: a sentence that begins with the present stays there until a wish."""
    reach = text[max(0, start - 60) : start]
    sentence = reach[max(reach.rfind(mark) for mark in "。；！？\n;") + 1 :]
    opening = _TODAY_FIRST.match(sentence)
    return opening is not None and not _TURN.search(sentence, opening.end())


def _is_period(value: Value, before: str, after: str, *, compared: bool) -> bool:
    """希望6个月内…: a time without a quantity's name is the period of a project."""
    lead = _LABEL.sub("", before.strip())
    if not compared and _GOVERNS.match(after):
        return False
    return value.unit in ("d", "mo", "a", "wk") and bool(lead or compared) and bool(_WISH.fullmatch(lead))
