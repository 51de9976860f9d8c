"""Who may open which page: every route and every role, as one written table (access.csv) and one walk."""

import csv
from pathlib import Path

import pytest
from django.test import Client
from django.urls import get_resolver
from house import ROLES, furnish

from queqiao.api.v1 import api
from queqiao.web.access import rule_of

TABLE = Path(__file__).with_name("access.csv")


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def routes() -> dict[str, object]:
    return {str(pattern.name): pattern.callback for pattern in get_resolver().url_patterns}


@pytest.fixture
def browsers(settings, tmp_path: Path) -> tuple[dict[str, Client], dict[str, str]]:
    settings.FILES_DIR = tmp_path
    return furnish()


def answer_to(client: Client, address: str) -> str:
    """Say in a word what a browser gets: open, sign in, no token, no, or absent.

    What is asked for in another way than GET stands before the address: ``PATCH /api/v1/matches/…``.
    """
    method, _blank, path = address.rpartition(" ")
    answer = client.generic(method or "GET", path)
    if answer.streaming:
        b"".join(answer.streaming_content)  # read to its end, as a browser does; that closes the file
    if answer.status_code in (301, 302):
        return "sign in" if "/sign-in" in answer.headers["Location"] else "open"
    words = {401: "no token", 403: "no", 404: "absent", 405: "open", 400: "open", 410: "open", 422: "open"}
    return words.get(answer.status_code, "open" if answer.status_code == 200 else str(answer.status_code))


def test_every_route_stands_in_the_table_and_names_its_rule() -> None:
    assert {row["route"] for row in rows()} == set(routes())
    assert [name for name, view in routes().items() if rule_of(view) is None] == []


def test_every_rule_of_the_table_is_the_one_in_the_code() -> None:
    assert {row["route"]: row["rule"] for row in rows()} == {
        name: str(rule_of(view)) for name, view in routes().items()
    }


@pytest.mark.django_db
def test_every_role_gets_at_every_page_what_the_table_says(browsers) -> None:
    clients, names = browsers
    found = {
        row["route"]: {role: answer_to(clients[role], row["address"].format(**names)) for role in ROLES}
        for row in rows()
    }
    assert found == {row["route"]: {role: row[role] for role in ROLES} for row in rows()}


def test_every_operation_of_the_api_is_a_route_of_the_table_by_its_method() -> None:
    written = {row["route"]: row["address"].rpartition(" ")[0] or "GET" for row in rows() if row["rule"] == "token"}
    assert written == {
        operation.url_name: operation.methods[0]
        for bound in api._get_bound_routers()
        for view in bound.path_operations.values()
        for operation in view.operations
    }


@pytest.mark.django_db
def test_no_cookie_opens_the_api(browsers) -> None:
    clients, names = browsers
    for client in clients.values():
        client.defaults.pop("HTTP_AUTHORIZATION", None)
    found = {
        (row["route"], role): answer_to(clients[role], row["address"].format(**names))
        for row in rows()
        if row["rule"] == "token"
        for role in ROLES
    }
    assert set(found.values()) == {"no token"}


@pytest.mark.django_db
def test_a_page_without_a_rule_opens_for_nobody(browsers, settings) -> None:
    clients, _names = browsers
    settings.ROOT_URLCONF = "unruled"
    assert {answer_to(client, "/unruled") for client in clients.values()} == {"absent"}
