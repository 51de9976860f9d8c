"""Reference tables and lists are loaded into a site; twice, the result is the same."""

from pathlib import Path

import pytest

from queqiao.accounts.actors import STRANGER
from queqiao.accounts.models import Organisation
from queqiao.accounts.tests.factories import make_organisation, make_scope
from queqiao.core.errors import InputError
from queqiao.imports.catalogue import load_achievements, load_needs, load_universities
from queqiao.imports.reference import load_divisions, load_own_classes, load_standards, load_zones
from queqiao.needs.models import Need
from queqiao.records.queries import visible
from queqiao.taxonomy.models import Node, Region
from queqiao.taxonomy.queries import region_and_below

pytestmark = pytest.mark.django_db


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def divisions(tmp_path: Path) -> Path:
    write(tmp_path, "provinces.csv", "code,name\n88,云岭省\n")
    write(tmp_path, "cities.csv", "code,name,provinceCode\n8801,松江市,88\n8802,无县市,88\n")
    write(tmp_path, "areas.csv", "code,name,cityCode,provinceCode\n880102,东区,8801,88\n880200,无县市,8802,88\n")
    return tmp_path


def test_divisions_hang_together_and_a_city_without_counties_stands_once(divisions: Path) -> None:
    assert [load_divisions(divisions), load_divisions(divisions)] == [4, 4]
    rows = list(Region.objects.values_list("code", "kind", "parent_id"))
    assert rows == [
        ("880000", "province", None), ("880100", "city", "880000"), ("880102", "county", "880100"),
        ("880200", "city", "880000"),
    ]  # fmt: skip
    assert region_and_below("880100") == {"880100", "880102"}


def test_a_class_whose_parent_the_table_lacks_hangs_on_the_next_above(tmp_path: Path) -> None:
    write(tmp_path, "ipc_en.csv", "code,level,parent,title_en\nA,1,,NEEDS\nA21B,3,A21,OVENS\n")
    load_standards(tmp_path)
    load_standards(tmp_path)
    assert Node.objects.get(classification__code="IPC", code="A21B").parent.code == "A"
    assert Node.objects.filter(classification__code="IPC").count() == 2


def test_universities_are_entered_once_and_renewed_when_their_row_changes(divisions: Path) -> None:
    load_divisions(divisions)
    head = "moe_code,name,province,city,authority,longitude,latitude\n"
    path = write(divisions, "u.csv", head + "4199,松江学院,云岭省,松江市,省,116.3107,39.992591\n")
    assert [dict(load_universities(path)) for _ in range(2)] == [{"created": 1}, {"same": 1}]
    write(divisions, "u.csv", head + "4199,松江大学,云岭省,松江市,省,116.3107,39.992591\n")
    assert dict(load_universities(path)) == {"changed": 1}
    found = Organisation.objects.get()
    assert (found.name, found.region_id, [a.name for a in found.aliases.all()]) == ("松江大学", "880100", ["松江学院"])


def test_needs_and_achievements_are_published_once_and_follow_their_list(tmp_path: Path) -> None:
    owner = make_organisation(name="技术市场")
    needs = write(tmp_path, "needs.csv", "id,title,description\n1,水泵汽蚀,叶轮三个月报废\n2,阀门渗漏,\n")
    results = write(tmp_path, "achievements.csv", "id,title\nA1,抗汽蚀涂层\n")
    load = {"source": "market", "owner": owner}
    assert [dict(load_needs(needs, **load)) for _ in range(2)] == [{"created": 2}, {"same": 2}]
    assert [dict(load_achievements(results, **load)) for _ in range(2)] == [{"created": 1}, {"same": 1}]
    write(tmp_path, "needs.csv", "id,title,description\n1,水泵汽蚀,叶轮两个月报废\n2,阀门渗漏,\n")
    assert dict(load_needs(needs, **load)) == {"changed": 1, "same": 1}
    assert {need.title for need in visible(Need, STRANGER)} == {"水泵汽蚀", "阀门渗漏"}
    assert Need.objects.get(title="水泵汽蚀").problem == "叶轮两个月报废"


def test_a_list_without_its_columns_says_which_are_missing(tmp_path: Path) -> None:
    path = write(tmp_path, "needs.csv", "编号,标题\n1,水泵\n")
    with pytest.raises(InputError, match="缺少列：id、title"):
        load_needs(path, source="market", owner=make_organisation())
    with pytest.raises(InputError, match="文件不存在"):
        load_needs(tmp_path / "nothing.csv", source="market", owner=make_organisation())


def test_an_operators_own_chain_serves_its_scope_and_a_new_edition_stands_beside_the_old(tmp_path: Path) -> None:
    scope = make_scope(code="city")
    path = write(tmp_path, "重点产业.csv", "code,parent,name\nenergy,,新能源\nstorage,energy,储能\n")
    assert [load_own_classes(path, "city", version=year) for year in ("2025", "2026", "2026")] == [2, 2, 2]
    assert [(one.name, one.version) for one in scope.classifications.order_by("version")] == [
        ("重点产业", "2025"),
        ("重点产业", "2026"),
    ]
    with pytest.raises(InputError, match="没有代码为“nowhere”的范围"):
        load_own_classes(path, "nowhere", version="2026")


def test_functional_zones_lie_below_the_regions_that_hold_them(divisions: Path) -> None:
    load_divisions(divisions)
    head = "code,parent,name,name_en,begins_on,ends_on\n"
    path = write(divisions, "zones.csv", head + "880191,880100,松江高新区,Hi-tech Zone,2015-09-01,\n")
    assert [load_zones(path), load_zones(path)] == [1, 1]
    zone = Region.objects.get(code="880191")
    assert (zone.kind, zone.parent_id, str(zone.begins_on)) == ("zone", "880100", "2015-09-01")
    write(divisions, "zones.csv", head + "880192,770000,无处区,,,\n")
    with pytest.raises(InputError, match=r"第 2 行.*没有代码为“770000”的地区"):
        load_zones(path)
    write(divisions, "zones.csv", head + "880192,880100,某区,,去年,\n")
    with pytest.raises(InputError, match=r"“begins_on”列.*日期请写成"):
        load_zones(path)
