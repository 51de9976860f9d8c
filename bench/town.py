"""Fills an empty site with invented records of any number, for measurements of speed only.

Field, region, owner, state and visibility are as uneven as they are in a city: one field and one town hold almost half
of everything, a few universities own thousands of records.
"""

import datetime
import random
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from queqiao.accounts.choices import OrganisationKind, RoleKind
from queqiao.accounts.models import Organisation, Person, Role, Scope, ScopeMembership, User
from queqiao.core.identifiers import new_id
from queqiao.needs.models import Need
from queqiao.records.choices import Cooperation, State, Visibility
from queqiao.records.models import Audience, CatalogueRecord, Grant, RecordScope
from queqiao.records.queries import tokens_by
from queqiao.research.models import Achievement
from queqiao.taxonomy.actions import load_own_fields, load_regions
from queqiao.taxonomy.models import Node, Region, RegionKind

ORGANISATIONS = 2_000
BATCH = 5_000
BROAD_FIELD, RARE_FIELD = "materials", "marine"
BROAD_REGION, RARE_REGION = "900100", "903199"
COMMON_WORD, RARE_WORD, NO_WORD = "涂层", "蓝钻", "查无此词"
WHAT = ("轴承", COMMON_WORD, "叶片", "电池", "催化剂", "传感器", "压铸件", "密封圈", "滤膜", "焊缝", "齿轮", "光纤")
TROUBLE = ("寿命偏短", "成品率不高", "检测太慢", "能耗偏大", "高温下变形", "批次之间差别大", "依赖进口", "回收困难")
WAY = ("激光", "低温", "在线", "连续", "微波", "模块化", "自适应", "无氰", "水相", "高速", "近净成形", "数字孪生")
STATES = {
    State.DRAFT: 30, State.RETURNED: 10, State.PUBLISHED: 860, State.EXPIRED: 70, State.WITHDRAWN: 20,
    State.ARCHIVED: 10,
}  # fmt: skip
VISIBILITIES = {
    Visibility.PUBLIC: 72, Visibility.MEMBERS: 8, Visibility.SCOPE: 6, Visibility.INVITED: 4, Visibility.BLIND: 10,
}  # fmt: skip
WAITING = 20  # of each kind at least, and one in a hundred


@dataclass
class Town:
    """One site being filled; ``size`` is the number of records of each kind."""

    size: int
    dice: random.Random = field(default_factory=lambda: random.Random(20261125))  # noqa: S311 -- no secret
    now: datetime.datetime = field(default_factory=timezone.now)
    organisations: list[Organisation] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    scopes: list[Scope] = field(default_factory=list)
    joined: dict[uuid.UUID, list[uuid.UUID]] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    leaves: list[Node] = field(default_factory=list)
    leaf_shares: list[float] = field(default_factory=list)
    counties: list[str] = field(default_factory=list)
    county_shares: list[float] = field(default_factory=list)

    def fill(self) -> None:
        """Make everything, in one transaction for each kind of record."""
        with transaction.atomic():
            self._places()
            self._fields()
            self._parties()
            self._readers()
        for model in (Achievement, Need):
            numbers = iter(range(1, self.size + 1))
            while batch := list(islice(numbers, BATCH)):
                with transaction.atomic():
                    self._records(model, batch)

    def _places(self) -> None:
        rows = [Region(code="900000", name="江左省", kind=RegionKind.PROVINCE)]
        for city in range(1, 33):
            code = f"90{city:02}00"
            rows.append(Region(code=code, name=f"江左第{city}市", kind=RegionKind.CITY, parent_id="900000"))
            for county in range(1, 100):
                below = f"{code[:4]}{county:02}"
                rows.append(Region(code=below, name=f"第{county}县", kind=RegionKind.COUNTY, parent_id=code))
                self.counties.append(below)
                self.county_shares.append(0.6 / 99 if code == BROAD_REGION else 0.4 / (31 * 99))
        load_regions(rows)
        self.county_shares[self.counties.index(RARE_REGION)] = 0.0002

    def _fields(self) -> None:
        load_own_fields()
        nodes = list(Node.objects.exclude(parent=None).select_related("parent"))
        self.leaves = nodes
        for node in nodes:
            top = node.parent.code if node.parent else ""
            of_top = sum(other.parent_id == node.parent_id for other in nodes)
            self.leaf_shares.append({BROAD_FIELD: 0.45, RARE_FIELD: 0.0005}.get(top, 0.055) / of_top)

    def _parties(self) -> None:
        kinds = random.Random(1).choices(list(OrganisationKind), (3, 4, 80, 2, 3, 3, 2, 3), k=ORGANISATIONS)  # noqa: S311 -- no secret
        kinds[0] = OrganisationKind.UNIVERSITY
        self.organisations = [
            Organisation(
                number=f"JG-2026-{n:05}", name=f"江左{self._of(WHAT)}{kind.label}第{n}", kind=kind,
                region_id=self._county(), introduction="做研发，也做生产。" * 20,
            )
            for n, kind in enumerate(kinds, 1)
        ]  # fmt: skip
        Organisation.objects.bulk_create(self.organisations, batch_size=500)
        self.shares = [1 / (rank + 30) for rank in range(ORGANISATIONS)]
        # The first has a page full of records in the small site, and three in a hundred in a large one.
        self.shares[0] = sum(self.shares) * max(25 / self.size, 0.03)
        self.scopes = [
            Scope(code=f"scope-{n}", name=f"第{n}范围", kind="city", operator=self.organisations[-n]) for n in (1, 2, 3)
        ]
        Scope.objects.bulk_create(self.scopes)
        for rank, organisation in enumerate(self.organisations):
            chosen = [scope.pk for scope in self.scopes if rank == 0 or self.dice.random() < 0.5]
            self.joined[organisation.pk] = chosen or [self.scopes[0].pk]
        ScopeMembership.objects.bulk_create(
            [
                ScopeMembership(scope_id=scope, organisation_id=organisation, recorded_by="system:bench")
                for organisation, scopes in self.joined.items()
                for scope in scopes
            ],
            batch_size=500,
        )
        self.people = [Person(name=f"人员{n}") for n in range(ORGANISATIONS)]
        Person.objects.bulk_create(self.people, batch_size=500)

    def _readers(self) -> None:
        """Give a site a member of a company in all three scopes who edits, and a person who works for an operator."""
        roles = (
            (0, RoleKind.EDITOR, self.organisations[0]),
            (ORGANISATIONS - 1, RoleKind.STAFF, self.organisations[-1]),
        )
        for index, kind, organisation in roles:
            person = self.people[index]
            Role.objects.create(person=person, kind=kind, organisation=organisation, recorded_by="system:bench")
            User.objects.create(person=person, email=f"{kind.value}@example.org")

    def _records(self, model: type[Any], numbers: Iterable[int]) -> None:
        rows = [self._record(model, n) for n in numbers]
        grants = [self._grant(row) for row in rows if row.visibility in (Visibility.INVITED, Visibility.BLIND)]
        by_record = {grant.record_id: grant for grant in grants}
        model.objects.bulk_create(rows, batch_size=500)
        Grant.objects.bulk_create(grants, batch_size=500)
        RecordScope.objects.bulk_create(list(self._placings(rows)), batch_size=1_000)
        through = model.fields.through
        key = f"{model._meta.model_name}_id"
        through.objects.bulk_create(
            [through(**{key: row.pk, "node_id": node}) for row in rows for node in self._nodes()], batch_size=1_000
        )
        Audience.objects.bulk_create(
            [
                Audience(kind=row.KIND, record_id=row.pk, token=token, whole=whole)
                for row in rows
                for token, whole in tokens_by(
                    row, self.joined[row.organisation_id], [by_record[row.pk]] if row.pk in by_record else []
                ).items()
            ],
            batch_size=2_000,
        )

    def _record(self, model: type[Any], n: int) -> CatalogueRecord:
        waiting = n % max(1, self.size // max(WAITING, self.size // 100)) == 0
        state = State.SUBMITTED if waiting else self._of(STATES)
        began = self.now - datetime.timedelta(minutes=self.dice.randrange(3 * 365 * 24 * 60))
        seen = state not in (State.DRAFT, State.SUBMITTED)
        what, trouble, way = self._of(WHAT), self._of(TROUBLE), self._of(WAY)
        title = f"{way}{what}{trouble if model is Need else '制备工艺'}之{n}"
        row: CatalogueRecord = model(
            id=new_id(), recorded_at=began, number=f"{model.PREFIX}-2026-{n:05}", state=state,
            title=title + (RARE_WORD if n % 10_000 == 7 else ""), visibility=self._of(VISIBILITIES),
            organisation=self.dice.choices(self.organisations, self.shares)[0], created_by=self._of(self.people),
            region_id=self._county(), keywords=[what, way], cooperation=[self._of(list(Cooperation.values))],
            valid_until=timezone.localdate(self.now) + datetime.timedelta(days=self.dice.randrange(20, 400)),
            submitted_at=None if state == State.DRAFT else began + datetime.timedelta(days=1),
            published_at=began + datetime.timedelta(days=2) if seen and state != State.RETURNED else None,
        )  # fmt: skip
        for name in ("problem", "background", "indicators") if model is Need else ("description", "advantages"):
            setattr(row, name, self._text(what, trouble, way))
        if isinstance(row, Achievement):
            row.result, row.trl = self._text(what, trouble, way)[:60], self.dice.randint(1, 9)
        return row

    def _text(self, what: str, trouble: str, way: str) -> str:
        return "。".join(
            f"{self._of(WAY)}处理后的{what}{self._of(TROUBLE)}，{way}方案第{self.dice.randint(1, 99)}轮试验{trouble}，"
            f"温度 {self.dice.randint(20, 900)} ℃，合格率 {self.dice.randint(50, 99)} %"
            for _sentence in range(self.dice.randint(2, 6))
        )

    def _grant(self, row: CatalogueRecord) -> Grant:
        return Grant(
            kind=row.KIND, record_id=row.pk, organisation=self._of(self.organisations), recorded_by="system:bench"
        )

    def _placings(self, rows: Iterable[CatalogueRecord]) -> Iterator[RecordScope]:
        for row in rows:
            for scope in self.joined[row.organisation_id]:
                yield RecordScope(kind=row.KIND, record_id=row.pk, scope_id=scope, recorded_by="system:bench")

    def _nodes(self) -> set[int]:
        return {node.pk for node in self.dice.choices(self.leaves, self.leaf_shares, k=self.dice.choice((1, 1, 2, 3)))}

    def _county(self) -> str:
        return self.dice.choices(self.counties, self.county_shares)[0]

    def _of(self, choices: Any) -> Any:
        if isinstance(choices, dict):
            return self.dice.choices(list(choices), list(choices.values()))[0]
        return self.dice.choice(choices)
