"""Two pairs of eyes: who submitted a record is not the one who publishes it, where another member of staff can."""

import uuid
from collections.abc import Collection

from queqiao.accounts.actors import Actor, actors_of, staff_of
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Person, Role, Substitution
from queqiao.accounts.queries import resolve_person
from queqiao.core.i18n import _
from queqiao.core.models import Activity
from queqiao.core.queries import history
from queqiao.records.choices import Verb
from queqiao.records.models import CatalogueRecord, RecordScope

NAMED = 3


def submitted_by(record: CatalogueRecord, actor: Actor) -> bool:
    """Whether the actor himself submitted the version of the record that waits, or that was published last."""
    last = history(record.KIND, record.pk).filter(verb=Verb.SUBMIT).order_by("-id").first()
    if last is None or actor.person_id is None or not last.actor.startswith("person:"):
        return False
    person = Person.objects.filter(pk=last.actor.removeprefix("person:")).first()
    return person is not None and resolve_person(person).pk == actor.person_id


def reviewers_instead(record: CatalogueRecord, actor: Actor) -> list[Person]:
    """Return who must publish the record in the actor's place, by name; nobody where he may do it himself."""
    if not submitted_by(record, actor):
        return []
    scopes = RecordScope.objects.current().filter(record_id=record.pk).values_list("scope_id", flat=True)
    others = staff_of(set(scopes)) - {actor.person_id}
    # A colleague who is away would only be waited for.
    others -= set(Substitution.objects.current().filter(person__in=others).values_list("person_id", flat=True))
    return list(Person.objects.filter(pk__in=others).order_by("name", "id"))


def names_in_log(actor: Actor) -> set[str]:
    """Return the names under which the log knows the actor: his own, and those of whom was merged into him."""
    found: set[uuid.UUID] = set()
    level = {actor.person_id} if actor.person_id else set()
    while level:
        found |= level
        level = set(Person.objects.filter(merged_into__in=level).values_list("pk", flat=True)) - found
    return {f"person:{pk}" for pk in found}


def others_publish(ids: Collection[uuid.UUID], actor: Actor) -> set[uuid.UUID]:
    """Return those of the records that the actor submitted last and that another member of the staff publishes.

    What ``reviewers_instead`` says of one record, for many; the number of queries does not grow with them.
    """
    submits = Activity.objects.filter(target_id__in=list(ids), verb=Verb.SUBMIT).order_by("id")
    last, names = dict(submits.values_list("target_id", "actor")), names_in_log(actor)
    own = [pk for pk, name in last.items() if name in names]
    if not own:
        return set()
    roles = Role.objects.current().filter(
        kind__in=(RoleKind.STAFF, RoleKind.OPERATOR_ADMIN), person__erased_at=None, person__users__is_active=True
    )
    away = set(Substitution.objects.current().values_list("person_id", flat=True)) | {actor.person_id}
    others = [one for pk, one in actors_of(roles.select_related("organisation")).items() if pk not in away]
    placed = RecordScope.objects.current().filter(record_id__in=own).values_list("record_id", "scope_id")
    return {pk for pk, scope in placed if any(one.has(f"staff:{scope}") for one in others)}


def why_not_publish(record: CatalogueRecord, actor: Actor) -> str:
    """Return a sentence that says why the actor does not publish the record and who may; "" where he may."""
    others = reviewers_instead(record, actor)
    if not others:
        return ""
    names = _("、").join(person.name for person in others[:NAMED])
    if len(others) > NAMED:
        names = _("{names}等 {n} 人").format(names=names, n=len(others))
    return _("“{title}”的这一版由您提交，须由另一位运营人员发布：{names}。").format(title=record.title, names=names)
