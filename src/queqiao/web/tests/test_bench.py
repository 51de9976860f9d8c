"""The workbench as staff use it by ordinary forms, with and without a script, and what others see of its results."""

import gzip
import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Organisation, ScopeMembership
from queqiao.accounts.tests.factories import make_organisation, make_scope
from queqiao.core.models import Outbox, Run
from queqiao.engine.ranking.ranker import AGREEMENT_WEIGHTS, BLOCKS, LEARNED, SEMANTIC
from queqiao.matching.actions.feedback import FEEDBACK
from queqiao.matching.choices import Decision, RoundState
from queqiao.matching.models import Match, Round
from queqiao.matching.tests.workshop import publish, work
from queqiao.needs.models import Need
from queqiao.records.actions import save_record
from queqiao.records.choices import Visibility
from queqiao.research.models import Achievement, Expert
from queqiao.taxonomy.models import Node
from queqiao.web.assets import VENDOR
from queqiao.web.bench_rows import _PARTS
from queqiao.web.bench_words import part_name
from queqiao.web.tests.workshop import Somebody, Town, make_town, published, somebody

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}
MOST_BYTES, STATIC_BYTES = 120_000, 65_000  # of a page, and of its style, scripts and icons as they are sent


@dataclass
class Place:
    """A town with a need and a university whose achievements answer it more or less."""

    town: Town
    university: Organisation
    researcher: Somebody
    need: Need

    @property
    def address(self) -> str:
        return f"/staff/bench/{self.need.number}"

    @property
    def matches(self) -> list[Match]:
        return list(Match.objects.filter(need=self.need).order_by("kind", "rank"))

    def post(self, match: Match, what: str, *, by: Somebody | None = None, **more: Any) -> Any:
        """Send a form of a row as a browser without a script does."""
        sent = {"match": str(match.pk), "revision": match.revision, "kind": match.kind, "do": what, **more}
        return (by or self.town.staff).client.post(self.address, sent)

    def swap(self, match: Match, what: str, *, by: Somebody | None = None, **more: Any) -> Any:
        """Send a form of a row as htmx does."""
        sent = {"match": str(match.pk), "revision": match.revision, "kind": match.kind, "do": what, **more}
        return (by or self.town.staff).client.post(self.address, sent, headers=FRAGMENT)


def put_up(many: int, town: Town | None = None) -> Place:
    town = town or make_town()
    university = make_organisation(name="锦城大学", kind="university")
    ScopeMembership.objects.create(scope=town.scope, organisation=university, recorded_by="system:test")
    need = published(town, problem="涂层在冲击下剥落，要求结合强度不低于 70 MPa，使用温度不低于 500 ℃。")
    for i in range(many):
        strength = 75 - 5 * i if i < 5 else 40
        publish(
            Achievement,
            university,
            title=f"耐磨涂层工艺{i + 1}号",
            description=f"涂层在冲击下不剥落，结合强度 {strength} MPa。",
        )
    settle()
    return Place(town, university, somebody("苏明远", RoleKind.EDITOR, university), need)


def settle() -> None:
    Outbox.objects.all().delete()
    work()


@pytest.fixture
def place() -> Place:
    return put_up(3)


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def order_of(page: str) -> list[str]:
    return re.findall(r'data-row="([0-9a-f-]+)"', page)


def test_the_queue_names_what_waits_and_leads_to_the_first(place: Place) -> None:
    page = text_of(place.town.staff.get("/staff/bench"))
    assert "1 条需求等您判断" in page
    assert "3 个待处理" in page
    assert "1 条需求的匹配等您判断。" in text_of(place.town.staff.get("/my"))
    assert "等您判断" not in text_of(place.town.editor.get("/my"))
    assert re.search(rf'href="{place.address}"[^>]*>.*?继续处理', page, re.DOTALL)
    assert "全部重新匹配" not in page  # that is for those who administer a scope


def test_the_queue_is_filtered_by_the_field_in_the_address(place: Place) -> None:
    assert place.need.title in text_of(place.town.staff.get("/staff/bench", field="materials"))
    Node.objects.create(classification=place.town.node.classification, code="energy", name="新能源")
    assert place.need.title not in text_of(place.town.staff.get("/staff/bench", field="energy"))


def test_what_was_chosen_for_the_queue_stays_while_staff_go_through_it(place: Place) -> None:
    other = published(place.town, title="轴承早期磨损监测", problem="轴承在线监测，误报率不高于百分之五。")
    settle()
    assert f'rel="next" data-next href="/staff/bench/{other.number}"' in text_of(place.town.staff.get(place.address))
    Node.objects.create(classification=place.town.node.classification, code="energy", name="新能源")
    page = text_of(place.town.staff.get(place.address, field="materials"))
    assert "（新材料）" in page
    assert f'rel="next" data-next href="/staff/bench/{other.number}?field=materials"' in page
    assert f'href="{place.address}?field=materials&amp;kind=expert"' in page
    page = text_of(place.town.staff.get(place.address, field="energy"))
    assert 'rel="next"' not in page  # nothing of this field waits
    answer = place.town.staff.client.post(
        f"{place.address}?field=materials",
        {"match": str(place.matches[0].pk), "revision": 1, "kind": "achievement", "do": "accept"},
    )
    assert answer.headers["Location"].startswith(f"{place.address}?field=materials&kind=achievement#match-")


def test_a_need_of_the_queue_is_found_by_title_number_or_organisation(place: Place) -> None:
    other = published(place.town, title="轴承早期磨损监测", problem="轴承在线监测，误报率不高于百分之五。")
    settle()
    for words in ("轴承早期", other.number.lower()):
        page = text_of(place.town.staff.get("/staff/bench", q=words))
        assert (other.title in page, place.need.title in page) == (True, False)
    assert "2 条需求等您判断" in text_of(place.town.staff.get("/staff/bench", q=place.need.organisation.name[:3]))
    assert "没有符合条件的需求" in text_of(place.town.staff.get("/staff/bench", q="查无此条"))


def test_in_traditional_characters_the_workbench_is_the_same_page_compressed(place: Place) -> None:
    answer = place.town.staff.client.get(f"/zh-hant{place.address}", headers={"Accept-Encoding": "gzip"})
    assert "匹配工作臺" in gzip.decompress(answer.content).decode()


def test_an_operator_asks_for_everything_once_and_sees_how_far_it_is(place: Place) -> None:
    operator = somebody("郑主任", RoleKind.OPERATOR_ADMIN, place.town.scope.operator)
    for _again in range(2):
        operator.post("/staff/bench", do="everything")
    run = Run.objects.get(kind="matching.everything")
    assert "等待中" in text_of(operator.get("/staff/bench"))
    assert operator.post("/staff/bench", do="something").status_code == 404
    assert run.state == "queued"


def test_a_row_shows_every_hard_indicator_with_its_value_and_where_it_stands(place: Place) -> None:
    page = text_of(place.town.staff.get(place.address))
    first = page[page.index('data-row="') :]
    assert re.search(r"✓</b>.*?结合强度\s*<strong>75 MPa", first, re.DOTALL)
    assert re.search(r"✗</b>.*?<strong>65 MPa</strong>.*?（要求 不低于 70 MPa）", first, re.DOTALL)
    assert re.search(r"…</b>.*?使用温度.*?（要求 不低于 500 ℃）", first, re.DOTALL)
    mark = re.search(r'id="(place-[^"]+)"[^>]*>不低于 70 MPa', page)
    assert mark is not None
    assert f'href="#{mark[1]}"' in first


def test_a_text_that_was_entered_twice_stands_once_with_the_number_of_the_other(place: Place) -> None:
    again = publish(
        Achievement, place.university, title="耐磨涂层工艺1号", description="涂层在冲击下不剥落，结合强度 75 MPa。"
    )
    settle()
    page = text_of(place.town.staff.get(place.address))
    assert "该单位还有 1 条内容相同的登记" in page
    assert f'href="/records/{again.number}"' in page
    assert len(order_of(page)) == 3


def test_without_a_script_a_decision_comes_back_to_its_row(place: Place) -> None:
    match = place.matches[0]
    answer = place.post(match, "accept")
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        f"{place.address}?kind=achievement#match-{match.pk}",
    )
    match.refresh_from_db()
    assert match.state == Decision.ACCEPTED
    page = text_of(place.town.staff.client.get(answer.headers["Location"]))
    assert "已采纳，并已告知需求方。" in page
    assert "周以宁 于" in page


def test_without_a_script_a_rejection_asks_for_its_reason_in_the_row(place: Place) -> None:
    match = place.matches[1]
    page = text_of(place.town.staff.get(place.address, reject=str(match.pk)))
    assert (
        page.index(f'id="match-{match.pk}"') < page.index('name="reason"') < page.index("</ol>", page.index("data-row"))
    )
    refused = place.post(match, "reject", reason="", note="温度差得远")
    assert refused.status_code == 422
    assert "温度差得远" in refused.content.decode()
    place.post(match, "reject", reason="too_early", note="温度差得远")
    match.refresh_from_db()
    assert (match.state, match.reason_class, match.note) == (Decision.REJECTED, "too_early", "温度差得远")


def test_a_grade_answers_with_the_list_in_its_new_order_and_can_be_taken_back(place: Place) -> None:
    match = place.matches[2]
    answer = place.swap(match, "grade-4")
    page = text_of(answer)
    assert "<html" not in page
    assert 'data-said="关联度评为“高度”' in page
    assert len(order_of(page)) == 3
    match.refresh_from_db()
    assert match.grade == 4
    others = [one.parts.get("feedback", 0) for one in place.matches if one.pk != match.pk]
    assert all(moved > 0 for moved in others)
    assert re.search(r'name="do" value="undo"', page)
    place.swap(match, "undo")
    match.refresh_from_db()
    assert match.grade is None


def test_who_comes_second_learns_who_was_first_and_loses_nothing(place: Place) -> None:
    other = somebody("陈启明", RoleKind.STAFF, place.town.scope.operator)
    seen = place.matches[0]
    place.post(seen, "accept")
    for send in (place.post, place.swap):
        answer = send(seen, "reject", by=other, reason="price", note="价格谈不拢")
        page = answer.content.decode()
        assert answer.status_code == 409
        assert re.search(r"周以宁已于 \d{4}-\d\d-\d\d \d\d:\d\d ", page)
    place_in_page = place.post(seen, "reject", by=other, reason="price", note="价格谈不拢").content.decode()
    assert "价格谈不拢" in place_in_page
    assert 'value="price" required checked>' in place_in_page
    seen.refresh_from_db()
    assert seen.state == Decision.ACCEPTED


def test_nothing_fits_ends_the_round_tells_the_owner_and_can_be_taken_back(place: Place) -> None:
    newest = Round.objects.get(need=place.need)
    sent = {"do": "close_round", "note": "目前没有耐受 500 ℃ 的涂层。", "round_revision": newest.revision}
    answer = place.town.staff.client.post(place.address, sent, headers=FRAGMENT)
    page = text_of(answer)
    assert "目前没有耐受 500 ℃ 的涂层。" in page
    newest.refresh_from_db()
    assert newest.state == RoundState.NOTHING_FITS
    assert place.need.title not in text_of(place.town.staff.get("/staff/bench"))
    page = text_of(place.town.staff.get("/staff/bench", state="ended"))
    assert place.need.title in page
    assert "周以宁 于" in page
    assert "说明没有合适的" in page
    back = {"do": "reopen_round", "round_revision": newest.revision}
    place.town.staff.client.post(place.address, back)
    newest.refresh_from_db()
    assert newest.state == RoundState.OPEN


def test_a_candidate_is_found_by_hand_and_added(place: Place, tmp_path: Any, settings: Any) -> None:
    settings.DATA_DIR = str(tmp_path)
    expert = publish(Expert, place.university, title="沈若水", record="从事热喷涂研究二十年。")
    page = text_of(place.town.staff.get(place.address, find="沈若水"))
    assert expert.number in page
    sent = {"do": "add", "number": expert.number, "kind": "expert"}
    page = text_of(place.town.staff.client.post(place.address, sent, headers=FRAGMENT))
    assert "沈若水" in page
    assert Match.objects.get(candidate_id=expert.pk).origin == "hand"


def test_two_candidates_stand_side_by_side(place: Place) -> None:
    one, other = place.matches[:2]
    page = text_of(place.town.staff.client.get(f"{place.address}/compare?pair={one.pk}&pair={other.pk}"))
    assert "75 MPa" in page
    assert "70 MPa" in page
    assert page.count('value="accept"') == 2
    assert f"reject={one.pk}#match-{one.pk}" in page
    assert place.town.staff.client.get(f"{place.address}/compare?pair={one.pk}").status_code == 302
    assert place.town.staff.client.get(f"{place.address}/compare?pair={one.pk}&pair={place.need.pk}").status_code == 404


def test_a_case_is_given_to_a_broker_who_finds_it_on_his_own_page(place: Place) -> None:
    broker = somebody("何牵线", RoleKind.BROKER, place.town.scope.operator)
    assert "还没有指派给您的匹配" in text_of(broker.get("/my/matches"))
    place.post(place.matches[0], "broker", broker=str(broker.person.pk))
    page = text_of(broker.get("/my/matches"))
    assert place.need.title in page
    assert "耐磨涂层工艺1号" in page
    assert "我跟进的匹配" in text_of(broker.get("/my"))
    first, second = place.matches[:2]
    case = {"match": str(first.pk), "revision": first.revision}
    assert broker.post("/my/matches", **case, do="reject", reason="", note="价格谈不拢").status_code == 422
    broker.post("/my/matches", **case, do="reject", reason="price", note="价格谈不拢")
    assert "价格不合适" in text_of(broker.get("/my/matches"))
    first.refresh_from_db()
    assert (first.state, first.decided_by_id) == (Decision.REJECTED, broker.person.pk)
    broker.post("/my/matches", match=str(first.pk), revision=first.revision, do="undo")
    broker.post("/my/matches", match=str(first.pk), revision=first.revision + 1, do="accept")
    first.refresh_from_db()
    assert first.state == Decision.ACCEPTED
    for what, match in (("accept", second), ("close_round", first)):  # not his, and not for him to do
        assert broker.post("/my/matches", match=str(match.pk), revision=1, do=what).status_code == 404
    assert place.post(place.matches[1], "broker", broker=str(place.need.pk)).status_code == 422


def test_staff_of_another_scope_find_no_workbench_of_the_need(place: Place) -> None:
    stranger = somebody("外地员", RoleKind.STAFF, make_scope(name="别处").operator)
    assert stranger.get(place.address).status_code == 404
    assert place.post(place.matches[0], "accept", by=stranger).status_code == 404


def test_owners_see_on_their_pages_what_concerns_them(place: Place) -> None:
    match = place.matches[0]
    candidate = Achievement.objects.get(pk=match.candidate_id)
    page = text_of(place.town.editor.get(f"/records/{place.need.number}"))
    assert "已采纳的匹配" not in page
    place.post(match, "accept")
    page = text_of(place.town.editor.get(f"/records/{place.need.number}"))
    assert "已采纳的匹配" in page
    assert candidate.title in page[page.index("已采纳的匹配") :]
    page = text_of(place.researcher.get(f"/records/{candidate.number}"))
    assert place.need.title in page[page.index("可能适合的需求") :]
    for nobody in (somebody("路人"), place.researcher):
        assert "已采纳的匹配" not in text_of(nobody.get(f"/records/{place.need.number}"))
    assert "可能适合的需求" not in text_of(place.town.editor.get(f"/records/{candidate.number}"))
    assert "去匹配工作台" in text_of(place.town.staff.get(f"/records/{place.need.number}"))


def test_of_a_blind_need_the_owner_of_what_fits_sees_the_blind_form_only(place: Place) -> None:
    save_record(
        place.need,
        {"visibility": Visibility.BLIND, "blind_title": "某设备的表面难题"},
        base_revision=place.need.revision,
        by=place.town.staff.actor,
    )
    settle()
    match = place.matches[0]
    match.refresh_from_db()
    place.post(match, "accept")
    candidate = Achievement.objects.get(pk=match.candidate_id)
    page = text_of(place.researcher.get(f"/records/{candidate.number}"))
    assert "某设备的表面难题" in page
    assert [word for word in (place.need.title, place.town.enterprise.name) if word in page] == []


def test_of_a_candidate_that_staff_see_blind_no_hidden_words_are_shown(place: Place) -> None:
    hidden = publish(
        Achievement,
        make_organisation(name="远方研究院", kind="university"),
        title="隐名涂层",
        description="涂层在冲击下不剥落，结合强度 88 MPa，牌号甲七。",
        visibility=Visibility.BLIND,
        blind_title="某表面处理工艺",
    )
    settle()
    assert Match.objects.filter(candidate_id=hidden.pk).exists()
    page = text_of(place.town.staff.get(place.address))
    assert "某表面处理工艺" in page
    assert [word for word in ("隐名涂层", "88 MPa", "甲七", "远方研究院") if word in page] == []


def test_a_long_list_costs_no_more_queries_than_a_short_one() -> None:
    counts = []
    for many in (1, 3, 20):
        place = put_up(many)
        place.town.staff.get(place.address)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            page = text_of(place.town.staff.get(place.address))
        assert len(order_of(page)) == many
        counts.append(len(asked))
        Need.objects.all().update(state="withdrawn")
        Achievement.objects.all().update(state="withdrawn")
    assert len(set(counts)) == 1, counts


def test_a_page_of_twenty_candidates_is_light_on_the_line() -> None:
    place = put_up(20)
    answer = place.town.staff.client.get(place.address, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.content) < MOST_BYTES - STATIC_BYTES


def put_up_complementing(many: int = 0) -> Place:
    """One achievement is strong enough, another bears the heat; neither is both, and nobody says how porous it is."""
    town = make_town()
    need = published(
        town, problem="涂层在冲击下剥落，要求结合强度不低于 70 MPa，使用温度不低于 500 ℃，孔隙率不高于 1%。"
    )
    made = {"高强涂层": "结合强度 77 MPa，使用温度 450 ℃", "耐热涂层": "结合强度 40 MPa，使用温度 600 ℃"}
    made |= {f"普通涂层{i}": "结合强度 35 MPa，孔隙率 2%" for i in range(many)}
    for i, (title, values) in enumerate(made.items()):
        university = make_organisation(name=f"锦城第{i + 1}大学", kind="university")
        ScopeMembership.objects.create(scope=town.scope, organisation=university, recorded_by="system:test")
        publish(Achievement, university, title=title, description=f"涂层在冲击下不剥落，{values}。")
    settle()
    return Place(town, university, somebody("苏明远", RoleKind.EDITOR, university), need)


def team_in(page: str) -> str:
    """Return the words of the team on a page."""
    found = re.search(r'<details class="q-card q-team">.*?</details>', page, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0])).strip() if found else ""


def test_where_nobody_covers_everything_the_smallest_team_stands_above_the_list() -> None:
    place = put_up_complementing(many=1)
    page = text_of(place.town.staff.get(place.address))
    team = team_in(page)
    assert "2 个候选合起来满足 2/3 项要求" in team
    assert "没有一个候选满足全部 3 项要求，单个最多满足 1 项。" in team
    assert "不必组队" not in page
    assert "成员来自 2 家单位。" in team
    members, missing = team.split("仍然缺")
    assert re.search(r"高强涂层 .*?锦城第1大学 .*?结合强度 77 MPa .*?余量 10%", members)
    assert re.search(r"耐热涂层 .*?锦城第2大学 .*?使用温度 600 ℃ .*?余量 20%", members)
    assert "普通涂层" not in members
    assert re.search(r"孔隙率 2% .*?（要求 不高于 1%） .*?最接近（差 100%）： 普通涂层0", missing)
    strong = Achievement.objects.get(title="高强涂层")
    assert f'href="/records/{strong.number}"' in page[page.index("q-team") :]


def test_the_team_ends_with_the_rejection_of_a_member_whom_nobody_replaces() -> None:
    place = put_up_complementing()
    hot = Match.objects.get(need=place.need, candidate_id=Achievement.objects.get(title="耐热涂层").pk)
    page = text_of(place.swap(hot, "accept"))
    assert "还没有候选说明" in team_in(page)
    hot.refresh_from_db()
    page = text_of(place.swap(hot, "reject", reason="price"))
    assert team_in(page) == ""
    assert "不必组队：没有哪几个候选合起来，比其中一个满足得更多。" in page


def test_there_is_no_team_where_one_candidate_covers_what_the_others_do(place: Place) -> None:
    assert team_in(text_of(place.town.staff.get(place.address))) == ""


def test_fields_count_where_a_need_lies_in_several_and_experts_may_bring_them() -> None:
    place = put_up_complementing()
    control = Node.objects.create(classification=place.town.node.classification, code="control", name="智能控制")
    save_record(
        place.need,
        {"fields": [place.town.node.pk, control.pk]},
        base_revision=place.need.revision,
        by=place.town.staff.actor,
    )
    expert = publish(
        Expert,
        place.university,
        title="沈若水",
        record="涂层在冲击下剥落的机理：结合强度、孔隙率与使用温度的智能控制。",
        fields=[control.pk],
    )
    settle()
    assert Match.objects.filter(candidate_id=expert.pk).exists()
    page = text_of(place.town.staff.get(place.address, kind="expert"))
    team = team_in(page)
    assert "3 个候选合起来满足 3/5 项要求" in team
    assert re.search(r"沈若水 专家， 锦城第2大学 ✓ 领域 智能控制", team)
    assert "领域 表面涂层 还没有这一领域的候选" in team
    place_of_value = re.search(r'href="#(place-[^"]+)"', page[page.index("q-team") :])
    assert place_of_value is not None
    assert f'id="{place_of_value[1]}"' in page  # it leads into the need also beside experts


def test_of_whom_staff_see_only_the_blind_form_no_team_tells_anything() -> None:
    place = put_up_complementing()
    stranger = make_organisation(name="远方研究院", kind="university")
    publish(
        Achievement,
        stranger,
        title="隐名涂层",
        description="涂层在冲击下不剥落，结合强度 88 MPa，使用温度 700 ℃，孔隙率 0.5%。",
        visibility=Visibility.BLIND,
        blind_title="某表面处理工艺",
    )
    settle()
    team = team_in(text_of(place.town.staff.get(place.address)))
    assert "2 个候选合起来满足 2/3 项要求" in team
    assert [word for word in ("某表面处理工艺", "隐名涂层", "88 MPa", "700 ℃") if word in team] == []


def test_in_english_the_chinese_names_in_a_team_are_marked_as_chinese() -> None:
    place = put_up_complementing()
    page = text_of(place.town.staff.get(f"/en{place.address}"))
    team = page[page.index("q-team") : page.index("q-cands")]
    for text in ("高强涂层</a>", "锦城第1大学</span>", "结合强度 <strong>77 MPa"):
        assert f'lang="zh-Hans">{text}' in team


def test_a_team_of_many_candidates_costs_no_more_queries_than_one_of_few() -> None:
    counts = []
    for many in (1, 12):
        place = put_up_complementing(many)
        place.town.staff.get(place.address)
        with CaptureQueriesContext(connection) as asked:
            page = text_of(place.town.staff.get(place.address))
        assert len(order_of(page)) == many + 2
        assert team_in(page) != ""
        counts.append(len(asked))
        Need.objects.all().update(state="withdrawn")
        Achievement.objects.all().update(state="withdrawn")
    assert len(set(counts)) == 1, counts


@pytest.mark.parametrize("part", [*BLOCKS, "indicators", *AGREEMENT_WEIGHTS, "record", LEARNED, SEMANTIC, FEEDBACK])
def test_every_part_of_a_score_has_its_place_its_colour_and_its_name(part: str) -> None:
    assert part in _PARTS
    assert f".q-part-{part}" in (VENDOR.parent / "bench.css").read_text(encoding="utf-8")
    assert part_name(part)
