"""What the page of a record, its picture and the booth say, and what they keep to themselves."""

import io

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image, ImageFont

from queqiao.accounts.tests.factories import make_organisation
from queqiao.hall.actions import add_item, create_theme, show_theme
from queqiao.needs.models import Need
from queqiao.records.actions import add_attachment
from queqiao.records.choices import Visibility
from queqiao.research.models import Achievement, Expert, Lab
from queqiao.web.argument import IndicatorRow, indicator_rows, with_figure
from queqiao.web.cover import draw_cover, find_font, wrapped
from queqiao.web.tests.workshop import Town, make_town, published

pytestmark = pytest.mark.django_db
TEXT = "抗拉强度≥850 MPa；工作温度 -20~60 ℃；结构紧凑"


@pytest.fixture
def town(tmp_path, settings) -> Town:
    settings.FILES_DIR = tmp_path
    return make_town()


def page(address: str, client: Client | None = None) -> str:
    return (client or Client()).get(address).content.decode()


def test_indicators_stand_in_a_table_in_the_words_in_which_they_were_written():
    assert indicator_rows(TEXT) == [
        IndicatorRow("抗拉强度", "≥850", "MPa", ""),
        IndicatorRow("工作温度", "-20~60", "℃", ""),
    ]
    assert indicator_rows("误报：现状每月约 5 次，目标≤1 次/年") == [IndicatorRow("误报", "≤1", "次/年", "")]
    assert indicator_rows("") == []


@pytest.mark.parametrize(
    ("sentence", "figure"),
    [
        ("结合强度达到 70 MPa，孔隙率 0.8%。", "70 MPa"),
        ("软化温度由 510 ℃ 提高到 565 ℃，电导率 82%。", "565 ℃"),
        ("不再掉粉。", ""),
    ],
)
def test_the_number_that_a_sentence_leads_to_is_shown_larger(sentence: str, figure: str):
    parts = with_figure(sentence)
    assert "".join(parts) == sentence
    assert parts[1].endswith(figure)
    assert bool(parts[1]) == bool(figure)


def test_the_page_of_an_achievement_persuades(town: Town):
    expert = published(town, Expert)
    closed = published(town, Expert, title="不公开的人", visibility=Visibility.MEMBERS)
    made = published(
        town, Achievement, indicators=TEXT, advantages="比镀铬省一半。", trl=7, team=[expert.pk, closed.pk],
        cooperation=["licence", "service"],
    )  # fmt: skip
    shown = page(f"/records/{made.number}")
    wanted = (
        "<strong>70 MPa</strong>", '<th scope="row">抗拉强度</th>', "结构紧凑", "比镀铬省一半", "共 9 级",
        "入门费加提成", "按次或按工作量计费", f"/records/{expert.number}",
    )  # fmt: skip
    assert [text for text in wanted if text not in shown] == []
    assert "不公开的人" not in shown
    assert made.title in page(f"/records/{expert.number}")


def test_what_messengers_show_of_a_shared_page_is_named(town: Town):
    made = published(town, Achievement)
    shown, address = page(f"/records/{made.number}"), f"{settings.SITE_URL}/records/{made.number}"
    assert f'<meta property="og:title" content="{made.title}">' in shown
    assert f'<meta property="og:description" content="{made.result}">' in shown
    assert f'<meta property="og:image" content="{address}/cover.png">' in shown
    assert f'<link rel="canonical" href="{address}">' in shown
    assert shown.index("/cover.png") < shown.index("<h1")


def test_the_picture_is_a_poster_that_a_browser_need_not_fetch_twice(town: Town):
    made = published(town, Achievement)
    first = Client().get(f"/records/{made.number}/cover.png")
    assert (first.headers["Content-Type"], Image.open(io.BytesIO(first.content)).size) == ("image/png", (960, 540))
    again = Client().get(f"/records/{made.number}/cover.png", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    english = Client().get(f"/en/records/{made.number}/cover.png")
    assert english.headers["ETag"] != first.headers["ETag"]


def test_the_picture_of_a_blind_record_is_made_of_its_blind_form_alone(town: Town):
    need = published(town, title="密标题", visibility=Visibility.BLIND, blind_title="某难题")
    before = Client().get(f"/records/{need.number}/cover.png")
    whole = town.editor.get(f"/records/{need.number}/cover.png")
    Need.objects.update(title="换了", revision=9)
    Need.objects.get().organisation.__class__.objects.update(name="另一家")
    after = Client().get(f"/records/{need.number}/cover.png")
    assert (after.content, after.headers["ETag"]) == (before.content, before.headers["ETag"])
    assert before.content == draw_cover("技术需求", "某难题", "", f"鹊桥｜{need.number}", font=find_font())
    assert whole.content != before.content
    members = published(town, visibility=Visibility.MEMBERS)
    assert Client().get(f"/records/{members.number}/cover.png").status_code == 404


def test_without_a_chinese_font_there_is_a_pattern_and_a_long_title_ends_in_dots(tmp_path):
    assert find_font((str(tmp_path / "none"),)) is None
    plain = draw_cover("科技成果", "标题", "", "", font=None)
    assert Image.open(io.BytesIO(plain)).size == (960, 540)
    font = find_font()
    if font:
        lines = wrapped(ImageFont.truetype(str(font[0]), 56, index=font[1]), "超音速喷涂 coating " * 9, 832, 3)
        assert len(lines) == 3
        assert lines[-1].endswith("…")
        assert [line for line in lines if line.endswith("coatin")] == []


def test_a_booth_shows_what_an_organisation_shows_and_nothing_that_is_blind(town: Town):
    lab = published(town, Lab, live_link="https://live.example.org/1", equipment="喷涂机\n磨损试验机")
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "#0a5").save(out, "PNG")
    out.seek(0)
    picture = add_attachment(lab, out, "实验室.png", by=town.staff.actor)
    published(town, Achievement, title="甲成果")
    blind = published(town, title="密", visibility=Visibility.BLIND, blind_title="某难题")
    make_organisation(name="青峦机械研究所", parent=town.enterprise)
    shown = page(f"/organisations/{town.enterprise.number}")
    wanted = (
        "甲成果", "<b>1</b>实验室", f"/attachments/{picture.pk}", "https://live.example.org/1", "青峦机械研究所",
        town.scope.operator.name,
    )  # fmt: skip
    assert [text for text in wanted if text not in shown] == []
    assert [text for text in ("某难题", "密", blind.number) if f">{text}<" in shown or blind.number in shown] == []
    assert "看实验室直播" in page(f"/records/{lab.number}")


def queries_of(address: str) -> int:
    client = Client()
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_booth_theme_and_home_cost_the_same_for_1_3_and_20_records(town: Town):
    theme = create_theme(scope=town.scope, values={"title": "专题"}, by=town.staff.actor)
    counts: list[tuple[int, ...]] = []
    there = 0
    for rows in (1, 3, 20):
        for _n in range(rows - there):
            for model in (Lab, Achievement, Need, Expert):
                add_item(theme=theme, record=published(town, model), by=town.staff.actor) if there < 3 else published(
                    town, model
                )
            make_organisation(parent=town.enterprise)
        there = rows
        show_theme(theme=theme, by=town.staff.actor)
        addresses = (f"/organisations/{town.enterprise.number}", f"/themes/{theme.number}", "/")
        counts.append(tuple(queries_of(address) for address in addresses))
    # Where more is there than stands on the page of an organisation, each of the four kinds is counted.
    assert counts[0] == counts[1] == (counts[2][0] - 4, *counts[2][1:])
