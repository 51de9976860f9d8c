"""Small lists of our own, and how results are read back."""

import csv
from pathlib import Path

NEEDS = [
    ("id", "title", "description"),
    ("N1", "薄壁压铸件气孔控制", "真空压铸，气孔率不高于1.5%，抗拉强度不低于240MPa"),
    ("N2", "含氟废水深度除氟", "出水氟离子浓度小于1.5mg/L"),
    ("N3", "食堂一周菜谱", "荤素搭配，价格便宜"),
]
ACHIEVEMENTS = [
    ("成果编号", "成果名称", "成果简介"),
    ("A1", "高真空压铸工艺", "铸件气孔率0.8%，抗拉强度265MPa"),
    ("A2", "锆基吸附剂深度除氟", "出水氟离子浓度0.8mg/L"),
    ("A3", "钛合金焊接", "接头强度系数0.95"),
]


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
