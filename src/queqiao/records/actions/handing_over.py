"""Handing a single task to a colleague, and taking it back."""

import uuid

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from queqiao.accounts.actions.messages import write_letter
from queqiao.accounts.actors import Actor
from queqiao.accounts.models import Person, Registration
from queqiao.core.actions import Change, record_activity
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _
from queqiao.records.hand_over import HandOver
from queqiao.records.handing_over import Desk, Passed, Task, desk_of
from queqiao.records.models import concrete_kinds
from queqiao.records.workspace import Key, Todo

LONGEST_NOTE = 200


@transaction.atomic
def hand_over(key: Key, *, to: uuid.UUID | None, note: str, by: Actor) -> HandOver:
    """Hand a task of the actor to a colleague who may do it anyhow; he is told.

    Who hands on what was handed to him takes the place of the giver before him. Raises QueqiaoError where the task is
    done or in other hands by now, or the colleague may not do it.
    """
    _hold(key)
    task = _own_task(desk_of(by), key)
    if to is None:
        raise QueqiaoError(_("请选择要转交给哪位同事。"))
    person = next((one for one in task.colleagues if one.pk == to), None)
    if person is None or by.person_id is None:
        raise QueqiaoError(_("只能转交给本来就可以处理这件事的同事，请重新选择。"))
    note = " ".join(note.split())
    if len(note) > LONGEST_NOTE:
        raise QueqiaoError(_("附言最多 {n} 个字，请写短一些。").format(n=LONGEST_NOTE))
    now = timezone.now()
    # The one by which the actor has the task, or one whose receiver may not do it any more.
    HandOver.objects.filter(_of(key), ended_at=None).update(ended_at=now)
    made = HandOver.objects.create(
        kind=key.kind,
        target_id=key.target,
        work=key.work,
        since=key.since,
        giver_id=by.person_id,
        receiver=person,
        note=note,
        recorded_at=now,
    )
    before = {"handed_to": str(task.handed.receiver_id)} if task.handed else {}
    _note(key, "hand_over", before, {"handed_to": str(person.pk)}, by)
    _tell(made, task.todo)
    return made


@transaction.atomic
def take_back(key: Key, *, by: Actor) -> Todo:
    """Take back a task that the actor handed to a colleague; return it. QueqiaoError where there is none to take."""
    _hold(key)
    found = next((one for one in desk_of(by).passed if one.own and one.todo.key == key), None)
    if found is None:
        raise QueqiaoError(_("这件事已经办完，或者已不在那位同事手里，无需收回。"))
    HandOver.objects.filter(pk=found.handed.pk).update(ended_at=timezone.now())
    _note(key, "take_back", {"handed_to": str(found.handed.receiver_id)}, {}, by)
    return found.todo


def forget(person: Person) -> None:
    """Erase what a person wrote or was written when tasks changed hands."""
    HandOver.objects.filter(Q(giver=person) | Q(receiver=person)).update(note="")


def _hold(key: Key) -> None:
    """Hold what the task is about until the transaction ends, so that two who hand it over follow each other."""
    table = concrete_kinds().get(key.kind, Registration)
    table._default_manager.select_for_update().filter(pk=key.target).first()


def _own_task(desk: Desk, key: Key) -> Task:
    for task in desk.tasks:
        if task.todo.key == key:
            return task
    for passed in desk.passed:
        if passed.todo.key == key:
            raise QueqiaoError(_already(passed))
    raise QueqiaoError(_("这件事已经办完，或者已不归您处理，没有转交。"))


def _already(passed: Passed) -> str:
    colleague, title = passed.handed.receiver.name, passed.todo.title
    if passed.own:
        return _("您已把“{title}”转交给{colleague}，没有重复转交。").format(title=title, colleague=colleague)
    return _("“{title}”刚由{giver}转交给{colleague}，您这次没有转交。").format(
        title=title, giver=passed.handed.giver.name, colleague=colleague
    )


def _of(key: Key) -> Q:
    return Q(target_id=key.target, work=key.work, since=key.since)


def _note(key: Key, verb: str, before: dict[str, str], after: dict[str, str], by: Actor) -> None:
    record_activity(Change(key.kind or "registration", key.target, verb, before, after), by=by.name)


def _tell(handed: HandOver, todo: Todo) -> None:
    """Write to the colleague; who may be chosen has a way to sign in, and so an address."""
    user = handed.receiver.users.filter(is_active=True).first()
    said = {"giver": handed.giver.name, "title": todo.title or _("（未命名）"), "note": handed.note}
    text = _("{giver}把“{title}”转交给您处理：{note}") if handed.note else _("{giver}把“{title}”转交给您处理。")
    write_letter(
        key=f"handover:{handed.pk}",
        address=(user.mobile or user.email or "") if user else "",
        subject=_("{giver}转交给您一件事").format(giver=handed.giver.name),
        text=text.format(**said),
        link="/my",
        person=handed.receiver,
    )
