"""A field is suggested while somebody types, in a real browser, and one click takes it and is kept with the rest."""

from pathlib import Path
from typing import Any

import pytest
from browsing import DESK, Browsing
from playwright.sync_api import expect
from test_journeys import sign_in

from queqiao.matching import fields
from queqiao.matching.tests.workshop import publish, work
from queqiao.research.models import Achievement
from queqiao.taxonomy.models import Node
from queqiao.web.tests.workshop import make_town, untitled

pytestmark = pytest.mark.django_db(transaction=True)
TEXTS = {
    "表面涂层": ("超音速喷涂耐磨涂层", "涂层结合强度", "热喷涂粉末与参数", "涂层抗冲蚀剥落"),
    "水处理": ("含氟废水深度除氟", "印染废水膜生物反应器", "污泥厌氧消化与沼气", "电镀废水除铬"),
}


def test_a_suggested_field_is_taken_with_one_click(browsing: Browsing, tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path
    town = make_town()
    water = Node.objects.create(
        classification=town.node.classification, code="water", name="水处理", parent=town.node.parent
    )
    for node in (town.node, water):
        for i, text in enumerate(TEXTS[node.name] * 8):
            publish(Achievement, town.enterprise, title=f"{text}{i}", description=text, fields=[node.pk])
    fields.look_for_records()
    work()
    need = untitled(town)
    desk = browsing.device(DESK)
    sign_in(browsing, desk, town.editor.person.users.get())
    browsing.open(desk, f"/records/{need.number}/edit")
    desk.locator("[name=title]").fill("电镀含铬废水的深度处理")
    desk.locator("[name=problem]").focus()
    expect(desk.get_by_text("建议领域：水处理")).to_be_visible()
    desk.get_by_role("button", name="采用这个领域").click()
    box = desk.get_by_role("checkbox", name="水处理")
    expect(box).to_be_checked()
    expect(desk.get_by_text("建议领域：水处理")).to_have_count(0)
    desk.get_by_role("button", name="保存", exact=True).click()
    expect(desk.get_by_text("已保存。")).to_be_visible()
    need.refresh_from_db()
    assert [node.name for node in need.fields.all()] == ["水处理"]
