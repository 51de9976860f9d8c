"""The API as a program meets it: what opens it, what it says, and that it says no more than the pages."""

import json
import logging
import re
from typing import Any

import pytest
from django.test import Client

from queqiao.accounts.actions.tokens import create_token
from queqiao.accounts.actors import actor_for
from queqiao.accounts.choices import TokenScope
from queqiao.accounts.tests.factories import make_person, make_user
from queqiao.api import records
from queqiao.needs.models import Need
from queqiao.records.choices import Visibility
from queqiao.research.models import Achievement, Expert
from queqiao.search import index
from queqiao.search.actions.indexing import rebuild
from queqiao.web.tests.workshop import make_town, published

pytestmark = pytest.mark.django_db


class Program:
    """A program with a token of a person."""

    def __init__(self, person=None, scopes=tuple(TokenScope)):
        self.person = person or make_user(make_person(name="沈若水")).person
        made = create_token(
            person=self.person, name="同步", scopes=scopes, second_factor=True, by=actor_for(self.person)
        )
        self.token, self.secret = made
        self.client = Client(headers={"Authorization": f"Bearer {self.secret}"})

    def get(self, address: str, status: int = 200, **options: Any) -> Any:
        answer = self.client.get(f"/api/v1/{address}", **options)
        assert answer.status_code == status, answer.content.decode()
        return answer.json()


def test_me_says_who_calls_and_what_the_token_is_good_for() -> None:
    program = Program(scopes=[TokenScope.SEARCH])
    told = program.get("me")
    assert (told["name"], told["roles"], told["token"]["scopes"]) == ("沈若水", [], ["search"])
    assert program.secret not in json.dumps(told)


def test_chinese_can_be_read_in_the_answer() -> None:
    assert "沈若水" in Program().client.get("/api/v1/me").content.decode()


@pytest.mark.parametrize("header", ["", "Basic abc", "Bearer ", "Bearer queqiao_wrong", "Bearer \x00"])
def test_without_a_good_token_nothing_opens_and_one_sentence_says_so(header: str) -> None:
    answer = Client(headers={"Authorization": header} if header else {}).get("/api/v1/records?kind=need")
    assert (answer.status_code, set(answer.json())) == (401, {"error", "reference"})
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["error"].endswith("。")
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_session_is_no_authority_and_is_not_kept_alive() -> None:
    client = Client()
    client.force_login(make_user())
    assert client.get("/api/v1/me").status_code == 401
    assert "Set-Cookie" not in client.get("/api/v1/me").headers


def test_a_token_opens_only_what_it_was_made_for() -> None:
    program = Program(scopes=[TokenScope.SEARCH])
    assert "没有“读取成果、需求、专家和实验室”的用途" in program.get("records?kind=need", 403)["error"]


@pytest.mark.parametrize(
    ("accepted", "address", "word"),
    [("en-GB,en;q=0.9", "/api/v1/me", "access token"), ("fr,zh-CN", "/api/v1/me", "令牌"),
     ("", "/en/api/v1/me", "access token"), ("zh", "/en/api/v1/me", "access token")],
)  # fmt: skip
def test_errors_speak_the_language_of_the_address_or_of_the_caller(accepted: str, address: str, word: str) -> None:
    assert word in Client(headers={"Accept-Language": accepted}).get(address).json()["error"]


def test_too_many_wrong_tokens_are_told_when_to_come_back() -> None:
    client = Client(headers={"Authorization": "Bearer queqiao_wrong"})
    answers = [client.get("/api/v1/me") for _n in range(10)]
    assert [one.status_code for one in answers] == [401] * 8 + [429] * 2
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 90


@pytest.mark.parametrize(
    ("address", "status"),
    [("records", 422), ("records?kind=cat", 422), ("records?kind=need&page=0", 422), ("records?kind=need&page=41", 422),
     ("records?kind=need&page=x", 422), ("records/XQ-2026-99999", 404), ("records/x", 404), ("nothing", 404),
     ("records?kind=need%00", 400), ("search?page=10000", 422), ("search?sort=x", 422)],
)  # fmt: skip
def test_what_makes_no_sense_gets_one_sentence(address: str, status: int) -> None:
    told = Program().get(address, status)
    assert set(told) == {"error", "reference"}
    assert re.fullmatch("[0-9a-f]{8}", told["reference"])


def indexed(**values: Any) -> Any:
    made = published(make_town(), Achievement, **values)
    with index.turn() as engine:
        assert engine is not None
        rebuild(engine, lambda _done, _total: None)
    return made


def test_what_a_form_leaves_empty_is_not_chosen(settings, tmp_path) -> None:
    settings.DATA_DIR = str(tmp_path)
    indexed(title="等离子喷涂")
    told = Program().get("search?q=等离子&kind=&field=&since=&sort=&page=")
    assert [hit["title"] for hit in told["hits"]] == ["等离子喷涂"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [("kind=foo", "kind 没有“foo”这个选项；可选：achievement、expert、lab、need、organisation。"),
     ("kind=need&kind=foo", "kind 没有“foo”这个选项"), ("since=8", "可选：7、30、90、365。"),
     ("maturity=x", "maturity 没有"),
     ("field=x", "field 里没有代码“x”。"), ("region=x", "region 里没有代码“x”。")],
)  # fmt: skip
def test_a_choice_that_there_is_not_is_refused_and_the_choices_are_named(query: str, sentence: str) -> None:
    assert sentence in Program().get(f"search?q=电池&{query}", 422)["error"]


def test_what_the_page_says_of_an_answer_a_program_is_told_too(settings, tmp_path) -> None:
    settings.DATA_DIR = str(tmp_path)
    number = indexed(title="等离子喷涂").number
    program = Program()
    assert program.get("search?q=等离紫")["remarks"] == ["没有找到“等离紫”，以下按“等离子”查找。"]
    assert "没有可以查找的词" in program.get("search?q=？！")["remarks"][0]
    assert "查找的文字太长" in program.get("search", data={"q": "等离子喷涂。" * 1000})["remarks"][0]
    told = program.get(f"search?q={number.lower()}")
    assert (told["how"], told["remarks"], told["hits"][0]["number"]) == ("every", [], number)


def test_a_record_is_read_by_its_number_however_it_is_typed() -> None:
    number = published(make_town()).number
    prefix, year, serial = number.split("-")
    for typed in (number.lower(), f"{prefix}{year}{serial}", f"{prefix}-{year}-{int(serial)}"):
        assert Program().get(f"records/{typed}")["number"] == number


def test_another_method_is_refused_as_json() -> None:
    answer = Program().client.post("/api/v1/me", {"a": 1})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert "请求方法" in answer.json()["error"]


def test_our_own_mistake_is_one_sentence_with_a_reference_that_stands_in_the_log(monkeypatch, caplog) -> None:
    program = Program()
    monkeypatch.setattr(records, "faces", None)
    published(make_town())
    told = program.get("records?kind=need", 500)
    assert told["reference"] in told["error"]
    assert told["reference"] in caplog.text
    assert "Traceback" not in told["error"]


def test_no_log_line_holds_a_token(caplog) -> None:
    caplog.set_level(logging.DEBUG)
    program = Program()
    program.get("me")
    Client(headers={"Authorization": f"Bearer {program.secret}x"}).get("/api/v1/me")
    assert program.secret[20:] not in caplog.text


def test_a_list_shows_what_is_published_the_newest_first_a_page_at_a_time() -> None:
    town, program = make_town(), Program()
    program.get("me")
    numbers = [published(town, title=f"需求{n}").number for n in range(records.PAGE + 2)]
    first, second = program.get("records?kind=need"), program.get("records?kind=need&page=2")
    assert [one["number"] for one in first["records"] + second["records"]] == numbers[::-1]
    assert (first["more"], second["more"], program.get("records?kind=lab")["records"]) == (True, False, [])


def test_a_list_asks_the_database_the_same_number_of_times_for_one_row_and_for_many() -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    town, program, counts = make_town(), Program(), []
    program.get("me")
    for n in (1, 2, 20):
        for _one in range(n):
            published(town)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            program.get("records?kind=need")
        counts.append(len(seen))
    assert len(set(counts)) == 1


def test_a_record_has_the_fields_that_its_page_shows() -> None:
    town = make_town()
    made = published(town, Achievement, price="120000.00", indicators="结合强度 70 MPa")
    told = Program().get(f"records/{made.number}")
    assert (told["title"], told["organisation"], told["whole"]) == ("超音速喷涂工艺", "青峦机械有限公司", True)
    assert told["values"]["price"] == "120000.00"
    assert told["values"]["fields"] == ["表面涂层"]
    assert told["url"].endswith(f"/records/{made.number}")
    assert {"visibility", "blind_title", "title"} & set(told["values"]) == set()


def test_a_blind_record_stays_blind_for_a_stranger_and_whole_for_its_owner() -> None:
    town = make_town()
    made = published(town, visibility=Visibility.BLIND, blind_title="耐磨件寿命", background="总厂二车间")
    told = Program().get(f"records/{made.number}")
    assert (told["title"], told["whole"], told["organisation"]) == ("耐磨件寿命", False, "某新材料企业（已实名）")
    assert set(told["values"]) <= set(Need.BLIND)
    assert Program(town.editor.person).get(f"records/{made.number}")["values"]["background"] == "总厂二车间"


def test_contacts_are_masked_for_all_but_the_owner_and_the_staff() -> None:
    town = make_town()
    made = published(town, contact_name="罗师傅", contact_details="13800000000")
    shown = [
        Program(person).get(f"records/{made.number}")["values"]["contact_name"]
        for person in (None, town.editor.person, town.staff.person)
    ]
    assert shown == ["罗**", "罗师傅", "罗师傅"]


def test_search_finds_what_the_page_finds_and_says_why(settings, tmp_path) -> None:
    settings.DATA_DIR = str(tmp_path)
    town = make_town()
    made = published(town, Achievement, description="等离子喷涂试验台已运行三年。")
    published(town, Expert, visibility=Visibility.MEMBERS)
    with index.turn() as engine:
        assert engine is not None
        rebuild(engine, lambda _done, _total: None)
    told = Program().get("search?q=等离子")
    assert [hit["number"] for hit in told["hits"]] == [made.number]
    assert (told["total"], told["how"], told["counts"]["kind"]) == (1, "every", {"achievement": 1})
    assert ("等离子" in told["hits"][0]["found_in"][0]["text"], told["hits"][0]["found_in"][0]["field"]) == (
        True, "description",
    )  # fmt: skip
    assert Program().get("search?q=等离子&kind=need")["hits"] == []


def test_the_document_describes_every_operation_and_names_no_address_outside() -> None:
    answer = Client(headers={"Accept-Language": "en"}).get("/api/v1/openapi.json")
    told = answer.json()
    assert answer.status_code == 200
    assert set(told["paths"]) >= {"/api/v1/me", "/api/v1/records", "/api/v1/records/{number}", "/api/v1/search"}
    assert "://" not in answer.content.decode()
    assert not re.search("[\u3400-\u9fff]", answer.content.decode())
    for methods in told["paths"].values():
        assert all(one["security"] == [{"Bearer": []}] for one in methods.values())


def test_the_description_is_a_page_of_the_site_without_scripts_from_anywhere() -> None:
    page = Client().get("/api").content.decode()
    assert "按编号读取一条记录" in page
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    assert all(f'id="{one}"' in page for one in re.findall(r'href="#([^"]+)"', page) if one.startswith("shape-"))
