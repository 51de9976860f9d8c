"""Telling people of matches; each person learns of each match once."""

import datetime
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from queqiao.accounts.actions.messages import take_back_letters, write_letter
from queqiao.accounts.actors import Actor, actor_for
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Person, Role
from queqiao.core.i18n import _
from queqiao.matching.choices import CandidateKind, Decision, Told
from queqiao.matching.models import Match, Notice
from queqiao.matching.queries import GOOD, records_by_id, visible_matches
from queqiao.needs.models import Need
from queqiao.records.labels import KIND_LABELS
from queqiao.records.models import CatalogueRecord, concrete_kinds
from queqiao.records.presenting import Face, faces, with_rows
from queqiao.records.queries import is_owner, visible
from queqiao.research.models import Achievement

# What was done by mistake is undone before its letter goes.
TIME_TO_UNDO = datetime.timedelta(seconds=30)
NAMED = 5  # matches that one letter names; the others it counts
_EDITING = (RoleKind.EDITOR, RoleKind.ORGANISATION_ADMIN)


def tell_new() -> int:
    """Tell the owners of achievements that needs fit them, which nobody was told before; return how many letters.

    Each is told in the form in which he may see the need. Of what nobody could be told of yet, whoever comes to
    answer for the achievement is told later.
    """
    told = Notice.objects.filter(match=OuterRef("pk"), what=Told.FITS)
    good = Match.objects.filter(kind=CandidateKind.ACHIEVEMENT, listed=True, level__gte=GOOD, state=Decision.OPEN)
    pending = good.filter(~Exists(told)).order_by("-score", "pk").values_list("candidate_id", "pk")
    by_candidate: dict[uuid.UUID, list[uuid.UUID]] = {}
    for candidate_id, pk in pending:
        by_candidate.setdefault(candidate_id, []).append(pk)
    owners = records_by_id(Achievement.KIND, list(by_candidate)).values_list("pk", "organisation_id", "created_by_id")
    by_organisation: dict[uuid.UUID, list[uuid.UUID]] = {}
    for pk, organisation_id, _author in owners:
        by_organisation.setdefault(organisation_id, []).append(pk)
    authors = {pk: author for pk, _organisation, author in owners}
    editors = _editors(by_organisation)
    letters = 0
    for organisation_id, candidates in sorted(by_organisation.items()):
        people = editors.get(organisation_id, set()) | {authors[pk] for pk in candidates if authors[pk]}
        if people:
            letters += _tell_party(people, [pk for one in candidates for pk in by_candidate[one]])
    return letters


@transaction.atomic
def tell_accepted(match: Match) -> int:
    """Tell the need's owners that a candidate was accepted; part of the acceptance. Returns how many letters."""
    need = match.need
    letters = 0
    for person, actor in _owners(need):
        if not visible_matches(actor).filter(pk=match.pk).exists():
            continue
        face = _faces(concrete_kinds()[match.kind], [match.candidate_id], actor).get(match.candidate_id)
        if face is None or not _note([match.pk], person, Told.ACCEPTED):
            continue
        text = _(
            "您的需求“{need}”（{need_number}）找到了合适的{kind}：“{title}”（{number}），运营人员已经确认。"
        ).format(
            need=need.title,
            need_number=need.number,
            kind=str(KIND_LABELS[match.kind]),
            title=face.title,
            number=face.number,
        )
        subject = _("{number} 找到了合适的对象").format(number=need.number)
        key = f"accepted:{match.pk}:{person.pk}"
        letters += _write(key, person, subject, text, f"/records/{face.number}", wait=TIME_TO_UNDO)
    return letters


def untell_accepted(match: Match) -> None:
    """Take back what was not sent yet of an acceptance that no longer holds; part of what ends it."""
    people = take_back_letters(f"accepted:{match.pk}:")
    Notice.objects.filter(match=match, what=Told.ACCEPTED, person__in=people).delete()


def tell_broker(match: Match, broker: Person) -> int:
    """Tell a broker that a match is his to accompany now; part of the assignment. Returns how many letters."""
    subject = _("{number} 的一个匹配请您跟进").format(number=match.need.number)
    actor = actor_for(broker)
    need = _faces(Need, [match.need_id], actor).get(match.need_id)
    candidate = _faces(concrete_kinds()[match.kind], [match.candidate_id], actor).get(match.candidate_id)
    if need is None or candidate is None:
        return 0
    text = _(
        "运营人员请您跟进需求“{need}”（{need_number}）与{kind}“{title}”（{number}）的对接。请联系双方，并在网站上记下结果。"
    ).format(
        need=need.title,
        need_number=need.number,
        kind=str(KIND_LABELS[match.kind]),
        title=candidate.title,
        number=candidate.number,
    )
    return _write(f"assigned:{match.pk}:{broker.pk}", broker, subject, text, "/my/matches", wait=TIME_TO_UNDO)


def untell_broker(match: Match) -> None:
    """Take back the letter to a broker from whom the match was taken again; part of what takes it."""
    take_back_letters(f"assigned:{match.pk}:")


def tell_nothing_fits(need: Need, note: str, *, key: str) -> int:
    """Tell the need's owners that nothing fits, and why; part of closing the round. Returns how many letters."""
    subject = _("{number} 这次没有找到合适的对象").format(number=need.number)
    text = _(
        "您的需求“{need}”（{number}）这次没有找到合适的对象。\n运营人员的说明：{note}\n需求修改并发布后，会重新匹配。"
    ).format(need=need.title, number=need.number, note=note)
    return sum(
        _write(f"{key}:{person.pk}", person, subject, text, f"/records/{need.number}", wait=TIME_TO_UNDO)
        for person, _actor in _owners(need)
    )


@transaction.atomic
def _tell_party(people: Collection[uuid.UUID], match_ids: Sequence[uuid.UUID]) -> int:
    letters = 0
    for person in Person.objects.filter(pk__in=people, erased_at=None).order_by("pk"):
        letters += _tell_fits(person, match_ids)
    return letters


def _tell_fits(person: Person, match_ids: Sequence[uuid.UUID]) -> int:
    """Write one letter of all matches that a person may know of as the owner of the achievement."""
    actor = actor_for(person)
    found = list(visible_matches(actor).filter(pk__in=match_ids).order_by("-score", "pk").defer("evidence", "parts"))
    rows = {row.pk: row for row in visible(Achievement, actor).filter(pk__in=[one.candidate_id for one in found])}
    mine = [one for one in found if is_owner(rows[one.candidate_id], actor)]
    needs = _faces(Need, [one.need_id for one in mine], actor)
    new = _note([one.pk for one in mine], person, Told.FITS) if _address(person) else set()
    told = [one for one in mine if one.pk in new]
    if not told:
        return 0
    lines = [
        _("“{need}”（{need_number}）可能适合用您的成果“{title}”（{number}）来解决。").format(
            need=needs[one.need_id].title,
            need_number=needs[one.need_id].number,
            title=rows[one.candidate_id].title,
            number=rows[one.candidate_id].number,
        )
        for one in told[:NAMED]
    ]
    if len(told) > NAMED:
        lines.append(_("另有 {n} 条，请在网站上查看。").format(n=len(told) - NAMED))
    subject = _("有 {n} 条需求可能适合您的成果").format(n=len(told))
    key = f"fits:{told[0].pk}:{person.pk}"
    return _write(key, person, subject, "\n".join(lines), f"/records/{needs[told[0].need_id].number}")


def _owners(need: Need) -> Iterator[tuple[Person, Actor]]:
    """Yield who answers for a need today and can be written to."""
    people = _editors([need.organisation_id]).get(need.organisation_id, set())
    people |= {need.created_by_id} if need.created_by_id else set()
    for person in Person.objects.filter(pk__in=people, erased_at=None).order_by("pk"):
        actor = actor_for(person)
        if is_owner(need, actor) and _address(person):
            yield person, actor


def _editors(organisation_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, set[uuid.UUID]]:
    """Return the people who edit for organisations today."""
    roles = Role.objects.current().filter(organisation__in=list(organisation_ids), kind__in=_EDITING)
    found: dict[uuid.UUID, set[uuid.UUID]] = {}
    for organisation_id, person_id in roles.values_list("organisation_id", "person_id"):
        found.setdefault(organisation_id, set()).add(person_id)
    return found


def _faces(model: type[CatalogueRecord], ids: Collection[uuid.UUID], actor: Actor) -> dict[uuid.UUID, Face]:
    rows: Any = with_rows(visible(model, actor).filter(pk__in=ids).order_by())
    return {face.id: face for face in faces(rows)}


def _note(match_ids: Sequence[uuid.UUID], person: Person, what: Told) -> set[uuid.UUID]:
    """Note that a person is told of matches; return those of which he was not told before."""
    known = Notice.objects.filter(match__in=match_ids, person=person, what=what).values_list("match_id", flat=True)
    new = set(match_ids) - set(known)
    Notice.objects.bulk_create(Notice(match_id=pk, person=person, what=what) for pk in sorted(new))
    return new


def _address(person: Person) -> str:
    user = person.users.filter(is_active=True).first()
    return (user.mobile or user.email or "" if user else "") or person.mobile or person.email


def _write(
    key: str, person: Person, subject: str, text: str, link: str, *, wait: datetime.timedelta = datetime.timedelta(0)
) -> int:
    address = _address(person)
    letter = write_letter(key=key, address=address, subject=subject, text=text, link=link, person=person, wait=wait)
    return int(letter is not None)
