"""The list of one's own records says what became of one's changes, and what a draft without a title is about."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from queqiao.accounts.choices import RoleKind
from queqiao.records.actions import (
    discard_copy,
    keep_copy,
    refuse_proposal,
    save_record,
    write_translation,
)
from queqiao.records.queries import proposals
from queqiao.web.tests.workshop import Somebody, Town, draft, make_town, published, somebody, untitled

pytestmark = pytest.mark.django_db
WAITS, RETURNED = "有修改待审核", "修改被退回"


@pytest.fixture
def town() -> Town:
    return make_town()


@pytest.fixture
def colleague(town: Town) -> Somebody:
    return somebody("顾同事", RoleKind.EDITOR, town.enterprise)


def tags(who: Somebody, state: str = "published") -> list[str]:
    page = who.get("/my/records", state=state).content.decode()
    return [tag for tag in (WAITS, RETURNED) if tag in page]


def propose(town: Town, need, text: str) -> None:
    save_record(need, {"problem": text}, base_revision=need.revision, by=town.editor.actor)


def test_an_owner_sees_that_his_change_waits_came_back_and_waits_again(town: Town, colleague: Somebody) -> None:
    need = published(town)
    assert tags(town.editor) == []
    propose(town, need, "改过的说明")
    assert (tags(town.editor), tags(colleague)) == ([WAITS], [WAITS])
    refuse_proposal(proposals(need).get(), reason="请写明介质", by=town.staff.actor)
    assert (tags(town.editor), tags(colleague)) == ([RETURNED], [])
    keep_copy(need, {"problem": "再想想"}, base_revision=need.revision, by=town.editor.actor)
    assert tags(town.editor) == [RETURNED]
    propose(town, need, "写明了介质")
    assert tags(town.editor) == [WAITS]


def test_what_was_thrown_away_or_only_begun_is_not_called_returned(town: Town) -> None:
    need = published(town)
    keep_copy(need, {"problem": "写到一半"}, base_revision=need.revision, by=town.editor.actor)
    assert tags(town.editor) == []
    propose(town, need, "改过的说明")
    refuse_proposal(proposals(need).get(), reason="不必改", by=town.staff.actor)
    discard_copy(need, by=town.editor.actor)
    assert tags(town.editor) == []


def test_english_texts_that_wait_count_as_a_change(town: Town) -> None:
    need = published(town)
    write_translation(need, "title", "Weak coatings", language="en", by=town.editor.actor)
    assert tags(town.editor) == [WAITS]


def test_a_draft_without_a_title_goes_by_what_its_author_has_typed(town: Town, colleague: Somebody) -> None:
    need = untitled(town)
    assert "（未命名）" in town.editor.get("/my/records", state="draft").content.decode()
    keep_copy(need, {"title": " 刚写的标题 "}, base_revision=1, by=town.editor.actor)
    page = town.editor.get("/my/records", state="draft").content.decode()
    assert ("刚写的标题" in page, "（未命名）" in page) == (True, False)
    page = colleague.get("/my/records", state="draft").content.decode()
    assert ("刚写的标题" in page, "（未命名）" in page) == (False, True), "what is typed is its author's alone"


def test_a_saved_title_stands_before_one_that_is_only_typed(town: Town) -> None:
    need = draft(town, title="存下的标题")
    keep_copy(need, {"title": "没存的标题"}, base_revision=1, by=town.editor.actor)
    page = town.editor.get("/my/records", state="draft").content.decode()
    assert ("存下的标题" in page, "没存的标题" in page) == (True, False)


@pytest.mark.parametrize("state", ["draft", "published"])
def test_titles_and_tags_cost_the_same_for_1_3_and_50_rows(town: Town, state: str) -> None:
    counts, address = [], f"/my/records?state={state}"
    for more in (1, 2, 47):
        for n in range(more):
            if state == "draft":
                made = untitled(town)
                keep_copy(made, {"title": f"标题{n}"}, base_revision=1, by=town.editor.actor)
            else:
                propose(town, published(town), f"改动{n}")
        town.editor.get(address)
        with CaptureQueriesContext(connection) as asked:
            assert town.editor.get(address).status_code == 200
        counts.append(len(asked))
    assert len(set(counts)) == 1, counts
