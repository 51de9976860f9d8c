"""Lists narrowed by field, and what is shown beside a record: the same rows whichever way they are found."""

import random

import pytest
from django.utils import timezone

from queqiao.accounts.actors import STRANGER
from queqiao.accounts.tests.factories import make_organisation
from queqiao.needs.models import Need
from queqiao.records import queries
from queqiao.records.actions import renew_audience
from queqiao.records.choices import State, Visibility
from queqiao.taxonomy.models import Classification, Node


def make_nodes() -> list[Node]:
    own = Classification.objects.create(code="queqiao", version="1", name="领域")
    return [Node.objects.create(classification=own, code=f"f{n}", name=f"领域{n}") for n in range(4)]


def make_need(n: int, nodes: list[Node], state: State, visibility: Visibility) -> Need:
    need = Need.objects.create(
        number=f"XQ-T-{n:05}",
        title=f"需求{n}",
        organisation=make_organisation(),
        state=state,
        visibility=visibility,
        published_at=timezone.now(),
    )
    need.fields.set(nodes)
    renew_audience(need)
    return need


@pytest.fixture
def world(db: None) -> tuple[list[Node], list[Need]]:
    dice, nodes = random.Random(7), make_nodes()  # noqa: S311 -- a test's dice
    needs = [
        make_need(
            n,
            dice.sample(nodes[:3], dice.randint(1, 3)),
            dice.choice([State.PUBLISHED, State.PUBLISHED, State.DRAFT]),
            dice.choice([Visibility.PUBLIC, Visibility.BLIND, Visibility.MEMBERS]),
        )
        for n in range(40)
    ]
    return nodes, needs


def open_to_strangers(need: Need) -> bool:
    return need.state == State.PUBLISHED and need.visibility != Visibility.MEMBERS


@pytest.mark.parametrize(("few", "some"), [(1, 1), (1, 100), (100, 100)])
def test_a_field_holds_each_visible_record_once_the_newest_first_however_many_there_are(
    world: tuple[list[Node], list[Need]], few: int, some: int
) -> None:
    nodes, needs = world
    for chosen in (nodes[:1], nodes[:2], nodes[3:]):
        keys = [node.pk for node in chosen]
        found = list(queries.published_in(queries.visible(Need, STRANGER), keys, few=few, some=some))
        expected = [
            need for need in reversed(needs) if open_to_strangers(need) and set(chosen) & set(need.fields.all())
        ]
        assert found == expected


def test_beside_a_record_stand_the_newest_visible_ones_of_its_fields_and_never_itself(
    world: tuple[list[Node], list[Need]],
) -> None:
    _nodes, needs = world
    for need in needs:
        own = set(need.fields.all())
        expected = [
            other
            for other in reversed(needs)
            if other != need and open_to_strangers(other) and own & set(other.fields.all())
        ]
        assert list(queries.alike(need, STRANGER, 3)) == expected[:3]


def test_of_a_record_without_a_field_nothing_is_alike(world: tuple[list[Node], list[Need]]) -> None:
    bare = make_need(99, [], State.PUBLISHED, Visibility.PUBLIC)
    assert list(queries.alike(bare, STRANGER, 3)) == []
