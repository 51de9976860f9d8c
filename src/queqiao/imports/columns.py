"""Columns of the sheets that people have, under the headings that people write.

Headings are compared without regard to width, case, white space, punctuation and notes in brackets:
``技术 指标（可另附）`` is 技术指标.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from queqiao.engine.text.normalise import normalise

_NOTE = re.compile(r"\(.*?\)|\[.*?\]|【.*?】")
_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, which is also its English heading, and its other headings, the usual one first.

    Several headings of a ``gathers`` column may stand in one sheet; their texts follow each other on lines of
    their own. Any other column may occur once. ``spare`` headings count only where none of the others stands:
    beside 需求编号, 序号 is just a count.
    """

    name: str
    headings: tuple[str, ...]
    spare: tuple[str, ...] = ()
    required: bool = False
    gathers: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns stand in a sheet: positions from 0 and the headings as written, by column name.

    ``clash`` names two headings that mean the same column, if there are such.
    """

    positions: dict[str, tuple[int, ...]]
    headings: dict[str, str]
    missing: tuple[Column, ...]
    clash: tuple[str, str] | None


ID = Column("id", ("编号", "需求编号", "成果编号", "项目编号", "ID号", "编码"), spare=("序号", "no"))
_DESCRIPTION = (
    "描述", "简介", "内容", "说明", "详细描述", "技术难题", "难题描述", "问题描述", "需求描述", "需求内容", "需求说明",
    "技术需求描述", "需求简介", "技术需求内容", "需求背景", "背景", "项目背景", "预期目标", "现有基础", "现有工作基础",
    "成果简介", "成果描述", "成果介绍", "成果内容", "项目简介", "技术简介", "创新点", "技术优势", "应用前景",
    "应用领域", "应用场景", "摘要", "details", "problem", "background", "abstract", "summary",
)  # fmt: skip
_COMMON = (
    Column("description", _DESCRIPTION, gathers=True),
    Column("indicators", ("技术指标", "主要技术指标", "性能指标", "指标要求", "指标", "预期指标", "关键指标")),
    Column("keywords", ("关键词", "关键字", "标签", "keyword")),
    Column("field", ("技术领域", "所属领域", "领域", "行业", "所属行业", "学科", "产业领域", "industry"), gathers=True),
    Column("region", ("所在地", "地区", "区域", "所属地区", "所在区域", "省市", "地域")),
    Column("cooperation", ("合作方式", "转化方式", "合作模式", "拟合作方式", "交易方式")),
)
_ORGANISATION = ("单位", "单位名称", "完成单位", "企业名称", "需求单位", "高校", "所属单位", "成果单位", "所在单位",
                 "organization", "company", "university")  # fmt: skip

NEED_COLUMNS = (
    ID,
    Column(
        "title",
        ("需求名称", "技术需求名称", "难题名称", "技术难题名称", "需求标题", "需求题目"),
        spare=("名称", "标题", "题目", "项目名称", "技术需求", "需求"),
        required=True,
    ),
    *_COMMON,
    Column("maturity", ("期望成熟度", "要求成熟度", "成熟度", "成熟度要求", "技术成熟度", "所处阶段", "TRL")),
    Column("organisation", _ORGANISATION, gathers=True),
)
ACHIEVEMENT_COLUMNS = (
    ID,
    Column(
        "title",
        ("成果名称", "科技成果名称", "技术成果名称", "成果标题", "成果题目"),
        spare=("名称", "标题", "题目", "项目名称", "技术名称", "成果"),
        required=True,
    ),
    *_COMMON,
    Column("maturity", ("成熟度", "技术成熟度", "所处阶段", "成果阶段", "阶段", "成果成熟度", "TRL")),
    Column("organisation", _ORGANISATION, gathers=True),
)
EXPERT_COLUMNS = (
    Column("id", ("专家编号", "编号", "expert_id", "工号"), spare=("序号",)),
    Column("name", ("姓名", "专家姓名", "专家"), required=True),
    Column("title", ("职称", "职务")),
    Column("organisation", _ORGANISATION),
    Column("field", ("研究领域", "技术领域", "研究方向", "领域", "学科")),
    Column("region", ("所在地", "地区", "区域")),
    Column("cooperation", ("合作方式", "服务方式")),
    Column("description", ("简介", "个人简介", "介绍")),
)
RECORD_COLUMNS = (
    Column("expert_id", ("专家编号", "工号", "作者编号"), required=True),
    Column("item_id", ("成果编号", "论文编号", "编号", "id"), spare=("序号",)),
    Column("title", ("题名", "标题", "论文题目", "成果名称", "名称", "题目"), required=True),
    Column("text", ("摘要", "正文", "内容", "简介", "abstract", "description")),
    Column("year", ("年份", "年", "发表年份", "完成年份")),
)
_NEED_ID = Column("need_id", ("需求编号", "技术需求编号"), required=True)
PAIR_COLUMNS = (_NEED_ID, Column("achievement_id", ("成果编号", "科技成果编号"), required=True))
JUDGEMENT_COLUMNS = (
    *PAIR_COLUMNS,
    Column("level", ("关联度", "等级", "关联等级", "评级", "grade"), required=True),
    Column("weight", ("权重", "分量")),
)
MATCH_COLUMNS = (
    _NEED_ID,
    Column("candidate_id", ("achievement_id", "expert_id", "成果编号", "专家编号"), required=True),
    Column("rank", ("名次", "排名")),
    Column("score", ("得分", "分数"), required=True),
    Column("level", ("等级", "关联度")),
)
_SERVED = (
    Column("need", ("需求", "需求编号", "need_id"), required=True),
    Column("expert", ("专家", "专家编号", "expert_id"), required=True),
)
AFFINITY_COLUMNS = (*_SERVED, Column("value", ("值", "得分", "分数", "score"), required=True))
CONFLICT_COLUMNS = _SERVED
TEXT_COLUMNS = (Column("id", ("编号",), spare=("序号",)), Column("text", ("文本", "内容", "正文"), required=True))
LABELLED_COLUMNS = (
    *TEXT_COLUMNS,
    Column("label", ("标签", "类别"), spare=("领域", "技术领域", "学科", "分类", "field", "category"), required=True),
)


def resolve_header(cells: Sequence[str], columns: Sequence[Column]) -> Layout:
    """Find the columns among the cells of a row that may be a header."""
    positions: dict[str, tuple[int, ...]] = {}
    clash: tuple[str, str] | None = None
    keys = [heading_key(cell) for cell in cells]
    for column in columns:
        found = _positions(keys, (column.name, *column.headings)) or _positions(keys, column.spare)
        if found:
            positions[column.name] = found
            if len(found) > 1 and not column.gathers:
                clash = clash or (cells[found[0]].strip(), cells[found[1]].strip())
    headings = {name: cells[found[0]].strip() for name, found in positions.items()}
    missing = tuple(column for column in columns if column.required and column.name not in positions)
    return Layout(positions, headings, missing, clash)


def _positions(keys: Sequence[str], headings: Sequence[str]) -> tuple[int, ...]:
    wanted = {heading_key(heading) for heading in headings}
    return tuple(position for position, key in enumerate(keys) if key and key in wanted)


@lru_cache(maxsize=4096)
def heading_key(heading: str) -> str:
    """Return what two spellings of one heading have in common."""
    text = normalise(heading).text
    return _NO_LETTER.sub("", _NOTE.sub("", text)) or _NO_LETTER.sub("", text)  # 【成果名称】 is no note
