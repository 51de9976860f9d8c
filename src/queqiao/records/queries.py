"""Who may see what: the list rule, which is the only visibility rule, and reads that all catalogue records share."""

import hashlib
import uuid
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar, cast

from django.db import models
from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from queqiao.accounts.actors import PUBLIC, Actor, author_token
from queqiao.accounts.models import Organisation
from queqiao.core.models import Translation
from queqiao.core.personal import mark
from queqiao.records.choices import TRANSITIONS, State, Verb, Visibility, Who
from queqiao.records.four_eyes import reviewers_instead, why_not_publish
from queqiao.records.models import (
    Attachment,
    Audience,
    CatalogueRecord,
    Grant,
    RecordScope,
    WorkingCopy,
    concrete_kinds,
)

R = TypeVar("R", bound=CatalogueRecord)


def audience_tokens(record: CatalogueRecord) -> dict[str, bool]:
    """Return who may see a record as it stands; reads its current scopes and grants."""
    scopes = RecordScope.objects.current().filter(record_id=record.pk).values_list("scope_id", flat=True)
    return tokens_by(record, list(scopes), Grant.objects.current().filter(record_id=record.pk))


def tokens_by(record: CatalogueRecord, scopes: Collection[uuid.UUID], grants: Iterable[Grant]) -> dict[str, bool]:
    """Return who may see a record in these scopes and with these grants: token -> the whole of it or its blind form.

    Owner and creator see it always; the staff of its scopes from the first submission on; everybody else only while
    it is published, by its visibility.
    """
    tokens = {f"edit:{record.organisation_id}": True}
    if record.created_by_id:
        # The author counts for as long as he belongs to the owner, or works for an operator who entered it for him.
        tokens |= {author_token(record.created_by_id, record.organisation_id): True}
        tokens |= {f"entered:{record.created_by_id}": True}
    if record.submitted_at is not None:
        tokens |= {f"staff:{scope}": True for scope in scopes}
    if record.state != State.PUBLISHED:
        return tokens
    tokens[f"org:{record.organisation_id}"] = True
    for grant in grants:
        token = f"org:{grant.organisation_id}" if grant.organisation_id else f"person:{grant.person_id}"
        tokens[token] = True
    if record.visibility == Visibility.PUBLIC:
        tokens[PUBLIC] = True
    elif record.visibility == Visibility.MEMBERS:
        tokens["member"] = True
    elif record.visibility == Visibility.SCOPE:
        tokens |= {f"scope:{scope}": True for scope in scopes}
    elif record.visibility == Visibility.BLIND:
        tokens[PUBLIC] = False
    return tokens


def visible(model: type[R], actor: Actor) -> QuerySet[R]:
    """Return the records that the actor may see in any form; ``is_whole`` says whether he sees all of one."""
    rows: Any = model._default_manager.all()
    if actor.is_system:
        return cast("QuerySet[R]", rows.annotate(is_whole=Value(value=True)))
    return cast("QuerySet[R]", rows.filter(seen_by(actor)).annotate(is_whole=seen_by(actor, whole=True)))


def seen_by(actor: Actor, field: str = "pk", *, whole: bool = False) -> Exists:
    """Whether an actor who is not the system sees, in any form or whole, the record whose id a field holds."""
    rows = Audience.objects.filter(record_id=OuterRef(field), token__in=sorted(actor.tokens))
    return Exists(rows.filter(whole=True) if whole else rows)


def visible_whole(model: type[R], actor: Actor) -> QuerySet[R]:
    """Return the records of which the actor may see everything."""
    return visible(model, actor).filter(is_whole=True)


# How many records a field may hold so that it is fastest to look each of them up, or to gather them as a set first;
# of a larger field there is one at every few steps through the newest.
FEW, SOME = 1_000, 15_000
ALIKE_AMONG = 200


def published_in(rows: QuerySet[R], nodes: Collection[int], *, few: int = FEW, some: int = SOME) -> QuerySet[R]:
    """Return those of the rows that are published in any of the fields, each once, in the order of the rows."""
    tagged, key = _tagged(rows.model, nodes)
    held = tagged[:some].count()
    if held < few:
        # SQLite takes any state for rare; a state that is no plain column keeps it from starting with all published.
        state = Coalesce("state", Value(""))
        found = rows.alias(state_text=state).filter(state_text=State.PUBLISHED, pk__in=tagged.values(key))
        return cast("QuerySet[R]", found)
    if held < some:
        return rows.filter(state=State.PUBLISHED, pk__in=tagged.values(key))
    return rows.filter(Exists(tagged.filter(**{key: OuterRef("pk")})), state=State.PUBLISHED)


def alike(record: R, actor: Actor, most: int) -> QuerySet[R]:
    """Return the newest published records in the first three fields of a record, as the actor may see them.

    Looked for among those that were last put into each field, so that the cost does not grow with the site.
    """
    near: set[uuid.UUID] = set()
    for node in record.fields.all()[:3]:
        tagged, key = _tagged(type(record), [node.pk])
        near.update(tagged.order_by("-pk").values_list(key, flat=True)[:ALIKE_AMONG])
    shown = visible(type(record), actor).filter(pk__in=near - {record.pk}).order_by()
    found = shown.values_list("published_at", "pk", "state")
    published = [(at, pk) for at, pk, state in found if state == State.PUBLISHED and at]
    newest = [pk for _at, pk in sorted(published, reverse=True)[:most]]
    return visible(type(record), actor).filter(pk__in=newest)


def _tagged(model: type[CatalogueRecord], nodes: Collection[int]) -> tuple[QuerySet[Any], str]:
    """Return the rows that put records of one kind into fields, and the name of their key of the record."""
    field: Any = model._meta.get_field("fields")
    narrow = {"node_id": next(iter(nodes))} if len(nodes) == 1 else {"node_id__in": nodes}
    return field.remote_field.through._default_manager.filter(**narrow), f"{model._meta.model_name}_id"


def is_owner(record: CatalogueRecord, actor: Actor) -> bool:
    """Whether the actor edits for the record's organisation, or wrote it himself and still belongs there."""
    return actor.has(*owner_tokens(record))


def owner_tokens(record: CatalogueRecord) -> list[str]:
    """Return the tokens each of which makes an actor the owner of a record."""
    tokens = [f"edit:{record.organisation_id}"]
    if record.created_by_id:
        tokens += [author_token(record.created_by_id, record.organisation_id), f"entered:{record.created_by_id}"]
    return tokens


def is_staff_of(record: CatalogueRecord, actor: Actor) -> bool:
    """Whether the actor works in a scope in which the record is, once it was submitted."""
    if actor.is_system:
        return True
    staff = actor.ids("staff")
    if record.submitted_at is None or not staff:
        return False
    return RecordScope.objects.current().filter(record_id=record.pk, scope__in=staff).exists()


def is_insider(record: CatalogueRecord, actor: Actor) -> bool:
    """Whether the actor sees what only the owner and the staff see of a record."""
    return is_owner(record, actor) or is_staff_of(record, actor)


def can_edit(record: CatalogueRecord, actor: Actor) -> bool:
    """Whether the actor may change the record, or propose a change where it is published."""
    return record.state != State.ARCHIVED and is_insider(record, actor)


def possible_steps(record: CatalogueRecord, actor: Actor) -> list[Verb]:
    """Return the steps of the life cycle that the actor may take now, in the order of the table.

    Publishing is left to the others where the actor submitted the record himself.
    """
    owner, staff = is_owner(record, actor), is_staff_of(record, actor)
    holds = {Who.OWNER: owner, Who.STAFF: staff, Who.EITHER: owner or staff, Who.CLOCK: actor.is_system}
    steps = [verb for (state, verb), step in TRANSITIONS.items() if state == record.state and holds[step.who]]
    if Verb.PUBLISH in steps and reviewers_instead(record, actor):
        steps.remove(Verb.PUBLISH)
    return steps


def steps_with_reasons(record: CatalogueRecord, actor: Actor) -> list[tuple[Verb, bool]]:
    """Return the steps that the actor may take now, each with whether a reason must be given."""
    return [(verb, TRANSITIONS[State(record.state), verb].reason) for verb in possible_steps(record, actor)]


def left_to_others(record: CatalogueRecord, actor: Actor) -> str:
    """Return what stands in place of the button that staff miss on a record which they submitted themselves."""
    waits = record.state == State.SUBMITTED and is_staff_of(record, actor)
    return why_not_publish(record, actor) if waits else ""


def open_records(organisation: Organisation) -> int:
    """Return how many records of an organisation are published or wait for review."""
    rows = [model._default_manager.filter(organisation=organisation) for model in concrete_kinds().values()]
    return sum(row.filter(state__in=(State.PUBLISHED, State.SUBMITTED)).count() for row in rows)


def scopes_of(record: CatalogueRecord) -> QuerySet[RecordScope]:
    """Return the scopes in which a record is shown today."""
    return RecordScope.objects.current().filter(record_id=record.pk).select_related("scope")


def attachments_of(record: CatalogueRecord, *, whole: bool) -> QuerySet[Attachment]:
    """Return a record's files; of a blind one, a stranger sees those that were marked for it only."""
    files = Attachment.objects.filter(record_id=record.pk, removed_at=None)
    return files if whole else files.filter(in_blind_form=True)


def snapshot(record: CatalogueRecord) -> dict[str, Any]:
    """Return the content of a record as the log keeps it: plain values, related rows by their codes or numbers.

    Personal values appear as marks only, since the log is never erased.
    """
    values = {name: _plain(getattr(record, name)) for name in record.CONTENT}
    return (
        values
        | {name: mark(values[name]) for name in record.PERSONAL}
        | {
            "state": record.state,
            "organisation": str(record.organisation_id),
            "reason": record.reason,
        }
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return str(getattr(value, "code", value.pk))
    if hasattr(value, "values_list"):  # the rows of a many-to-many field
        return sorted(str(getattr(row, "code", None) or getattr(row, "number", row.pk)) for row in value.all())
    return f"{value:.2f}" if isinstance(value, Decimal) else value


def comparable(record: CatalogueRecord, name: str, value: Any) -> Any:
    """Return a value of a form or a working copy as ``snapshot`` would give it, so that the two can be compared."""
    field: Any = record._meta.get_field(name)
    if isinstance(field, models.ForeignKey):
        return (str(value.pk) if isinstance(value, models.Model) else value) or None
    if isinstance(field, models.ManyToManyField):
        rows = field.related_model._default_manager.filter(pk__in=value)
        return sorted(str(getattr(row, "code", None) or getattr(row, "number", row.pk)) for row in rows)
    plain = None if value == "" and field.null else field.to_python(value)
    return mark(plain) if name in record.PERSONAL else plain


def digest(text: str) -> str:
    """Return a hash of a source text, by which a translation knows that it has become outdated."""
    return hashlib.sha256(text.encode()).hexdigest()


def translations(
    ids: Iterable[uuid.UUID], language: str, *, shown_only: bool = True
) -> Mapping[tuple[uuid.UUID, str], Translation]:
    """Return the translated fields of many records by (id, field), with one query; by default those that are shown."""
    rows = Translation.objects.filter(target_id__in=list(ids), language=language)
    if shown_only:
        rows = rows.filter(Q(checked=True) | Q(by_machine=True))
    return {(row.target_id, row.field): row for row in rows}


def working_copy(record: CatalogueRecord, actor: Actor) -> WorkingCopy | None:
    """Return what the actor has typed into the record's form and not saved yet."""
    return WorkingCopy.objects.filter(record_id=record.pk, person=actor.person_id).first()


def proposals(record: CatalogueRecord) -> QuerySet[WorkingCopy]:
    """Return the changes of a published record that wait for the staff."""
    return WorkingCopy.objects.filter(record_id=record.pk).exclude(proposed_at=None).select_related("person")
