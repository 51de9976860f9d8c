"""While a record is written a field is suggested, learned from what is published, and never in anybody's way."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from queqiao.accounts.choices import RoleKind
from queqiao.core.models import Run
from queqiao.engine.classification.disciplines import describe
from queqiao.matching import fields
from queqiao.matching.tests.workshop import publish, work
from queqiao.records.choices import State
from queqiao.research.models import Achievement, Expert
from queqiao.taxonomy.models import Node
from queqiao.taxonomy.queries import field_rows
from queqiao.web.tests.workshop import Town, make_town, somebody, untitled

pytestmark = pytest.mark.django_db
TEXTS = {
    "水处理": ("含氟废水深度除氟", "膜生物反应器处理印染废水", "污泥厌氧消化与沼气回收", "电镀废水除铬"),
    "铸造": ("薄壁压铸件气孔控制", "铝合金轮毂低压铸造", "球墨铸铁件冒口设计", "砂型铸造粘结剂再生"),
    "育种": ("水稻抗稻瘟病分子育种", "玉米单倍体育种", "小麦抗旱品种选育", "油菜杂交种子选育"),
}


@pytest.fixture
def town(tmp_path: Path, settings: Any) -> Town:
    settings.DATA_DIR = tmp_path
    return make_town()


def taught(town: Town, rounds: int = 6) -> None:
    """Publish some records of three fields, and let the run learn from them."""
    for label, texts in TEXTS.items():
        node = Node.objects.create(classification=town.node.classification, code=label, name=label, name_en=f"F{label}")
        for i, text in enumerate(texts * rounds):
            publish(Achievement, town.enterprise, title=f"{text}{i}", description=text, fields=[node.pk])
    Run.objects.all().delete()
    learn()


def learn() -> None:
    fields.look_for_records()
    work()


def hint(town: Town, record: Any, /, **typed: Any) -> str:
    answer = town.editor.post(f"/records/{record.number}/field", **typed)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_what_is_typed_brings_a_suggestion_that_one_click_takes(town: Town) -> None:
    taught(town)
    need = untitled(town)
    said = hint(town, need, title="电镀含铬废水的处理", problem="废水除铬不达标")
    node = Node.objects.get(name="水处理")
    assert "建议领域：水处理（把握 " in said
    assert "，其次 " in said
    assert f'data-tick="fields" data-value="{node.pk}"' in said
    page = town.editor.get(f"/records/{need.number}/edit").content.decode()
    assert f'hx-post="/records/{need.number}/field"' in page
    assert f'value="{node.pk}"' in page


def test_a_field_of_which_nothing_is_published_yet_is_suggested_by_its_words(town: Town) -> None:
    food = "食品加工与保鲜"
    Node.objects.create(classification=town.node.classification, code="food", name=food, name_en="Food")
    taught(town)
    said = hint(town, untitled(town), title="果蔬采后冷链保鲜与肉制品杀菌包装，延长货架期")
    assert f"建议领域：{food}（把握 " in said


def test_nothing_is_said_where_a_field_is_chosen_or_nothing_is_typed(town: Town) -> None:
    taught(town)
    need = untitled(town)
    assert hint(town, need, title="电镀含铬废水的处理", fields=[town.node.pk]) == ""
    assert hint(town, need, title="废水") == ""


def test_where_it_is_not_sure_it_says_so_in_one_sentence(town: Town) -> None:
    taught(town)
    assert "看不准属于哪个领域，请您自己选。" in hint(town, untitled(town), title="qwertz uiopasdf ghjklyx")


def test_of_too_few_records_nothing_is_learned(town: Town) -> None:
    taught(town, rounds=1)
    assert "已发布的记录还太少，给不出领域建议。" in hint(town, untitled(town), title="电镀含铬废水的处理")
    assert Run.objects.get(kind=fields.LEARN).result == {"published": 12, "learned": 0}


def test_it_is_learned_anew_only_where_the_records_have_changed_or_the_file_is_gone(town: Town) -> None:
    taught(town)
    assert Run.objects.get(kind=fields.LEARN).result["learned"] == 72
    learn()
    assert Run.objects.filter(kind=fields.LEARN).count() == 1
    path = fields._path()
    path.write_bytes(b"PK broken")
    assert "还太少" in hint(town, untitled(town), title="电镀含铬废水的处理")
    learn()
    assert "水处理" in hint(town, untitled(town), title="电镀含铬废水的处理")
    Achievement.objects.filter(title__contains="铸").update(state=State.WITHDRAWN, published_at=timezone.now())
    learn()
    assert Run.objects.filter(kind=fields.LEARN).count() == 3


def test_an_expert_is_judged_by_his_record_and_not_by_his_name(town: Town) -> None:
    taught(town)
    person = publish(Expert, town.enterprise, title="铸造")
    assert hint(town, person, title="铸造铸造铸造铸造铸造") == ""
    assert "水处理" in hint(town, person, title="铸造", record="从事含氟废水深度除氟研究")


def test_whoever_may_not_change_the_record_gets_no_suggestion(town: Town) -> None:
    stranger = somebody("路人", RoleKind.EDITOR)
    assert stranger.post(f"/records/{untitled(town).number}/field", title="电镀含铬废水的处理").status_code in (
        403,
        404,
    )


def test_words_are_known_of_every_field_that_comes_with_the_product() -> None:
    unknown = [row["name"] for row in field_rows() if len(describe(row["name"])) == 1]
    assert unknown == []
