"""Published records and runs for tests of matching."""

import uuid
from typing import Any

from django.utils import timezone

from queqiao.accounts.actors import system
from queqiao.accounts.models import Organisation
from queqiao.core import runs
from queqiao.core.models import Outbox, Run, RunState
from queqiao.needs.models import Need
from queqiao.records.actions import create_record, renew_audience
from queqiao.records.choices import State, Visibility
from queqiao.records.models import CatalogueRecord
from queqiao.research.models import Achievement

NEEDS = (
    ("铝锭表面气孔率过高", "压铸铝合金铸件内部气孔多，要求气孔率低于2%，抗拉强度不小于320MPa。"),
    ("含氟废水深度处理", "光伏企业排放含氟废水，要求出水氟离子浓度小于1mg/L，处理成本低于8元/吨。"),
    ("机器人关节减速器国产化", "协作机器人需要谐波减速器，传动精度优于30角秒，寿命不低于8000小时。"),
)
ACHIEVEMENTS = (
    ("真空压铸铝合金气孔控制技术", "通过真空压铸和模具排气，使铝合金铸件气孔率降到1.2%，抗拉强度达到340MPa。"),
    ("含氟废水除氟吸附材料", "镧改性吸附材料用于含氟废水深度处理，出水氟离子浓度0.6mg/L，成本6元/吨。"),
    ("精密谐波减速器齿形设计", "面向协作机器人的谐波减速器，传动精度20角秒，寿命10000小时。"),
    ("铝材表面微弧氧化涂层", "在铝材表面形成陶瓷涂层，耐蚀性提高5倍。"),
    ("大豆蛋白肽饮料配方", "以大豆为原料酶解制备蛋白肽饮料，口感好。"),
    ("桥梁健康监测系统", "用光纤传感器监测桥梁的应变和温度，实时预警。"),
)


def publish(model: type[CatalogueRecord], organisation: Organisation, **values: Any) -> Any:
    """Make a published record; the index is taken to know it."""
    made: Any = create_record(model, organisation=organisation, values=values, by=system("test"))
    return put_out(made)


def put_out(record: Any, **values: Any) -> Any:
    """Publish a record, or change one that is published, and let the index know."""
    for name, value in values.items():
        setattr(record, name, value)
    record.state = State.PUBLISHED
    record.submitted_at = record.published_at = timezone.now()
    record.save()
    renew_audience(record)
    Outbox.objects.all().delete()
    return record


def small_corpus(enterprise: Organisation, university: Organisation) -> tuple[list[Need], list[Achievement]]:
    """Publish three needs and six achievements."""
    needs = [publish(Need, enterprise, title=title, problem=text) for title, text in NEEDS]
    offered = [publish(Achievement, university, title=title, description=text) for title, text in ACHIEVEMENTS]
    return needs, offered


def work() -> None:
    """Do all runs of matching that are queued."""
    waiting = Run.objects.filter(kind__startswith="matching.", state=RunState.QUEUED).order_by("created_at")
    while (run := waiting.first()) is not None:
        runs.execute(uuid.UUID(str(run.pk)))
        run.refresh_from_db()
        assert run.state == RunState.DONE, run.error


def blind(record: Any, title: str) -> Any:
    """Publish a record again so that strangers see its blind form only."""
    return put_out(record, visibility=Visibility.BLIND, blind_title=title)
