"""Who acts: a person with the rights of the moment, as tokens, or the system itself."""

import datetime
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from queqiao.accounts.choices import SITE_ROLES, RoleKind
from queqiao.accounts.models import Organisation, Person, Role, Scope, ScopeMembership

PUBLIC = "public"
_LEADS = ("org:", "scope:")
_WORKING = (RoleKind.STAFF, RoleKind.OPERATOR_ADMIN)
LENT = ("org:", "edit:", "staff:")  # the tokens that pass to whoever stands in for an absent person


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who reads or acts.

    ``tokens`` say what he may see and do: ``public``, ``member``, ``person:<id>``, ``org:<id>`` (belongs to it),
    ``edit:<id>`` and ``admin:<id>`` (may change its records, its people), ``scope:<id>`` (his organisation belongs to
    it), ``staff:<id>`` and ``operate:<id>`` (works in, administers the scope), ``author:…`` and ``entered:<id>`` (wrote
    records for an organisation to which he belongs, or as staff), ``away:<id>`` (stands in for that person), and the
    names of site-wide roles.
    """

    name: str
    person_id: uuid.UUID | None = None
    tokens: frozenset[str] = frozenset({PUBLIC})

    def has(self, *tokens: str) -> bool:
        """Whether the actor holds any of the tokens, or is the system."""
        return self.is_system or not self.tokens.isdisjoint(tokens)

    @property
    def is_system(self) -> bool:
        """Whether this is the product itself, acting by the clock or for the demo."""
        return self.name.startswith("system:")

    def ids(self, kind: str) -> frozenset[uuid.UUID]:
        """Return the ids of all tokens of one kind, such as ``staff``."""
        lead = f"{kind}:"
        return frozenset(uuid.UUID(token[len(lead) :]) for token in self.tokens if token.startswith(lead))

    @property
    def is_staff(self) -> bool:
        """Whether the actor works for an operator in any scope."""
        return any(token.startswith("staff:") for token in self.tokens)


STRANGER = Actor("stranger")


def author_token(person_id: uuid.UUID, organisation_id: uuid.UUID) -> str:
    """Return the token of a person as the author of records of an organisation to which he belongs."""
    return f"author:{uuid.uuid5(person_id, str(organisation_id))}"


def system(what: str) -> Actor:
    """Return the product itself as an actor, named by what it is doing."""
    return Actor(f"system:{what}")


def actor_for(person: Person | None, *, day: datetime.date | None = None) -> Actor:
    """Return a person as an actor with the rights that he holds on ``day`` (today where none is given)."""
    if person is None or person.erased_at is not None:
        return STRANGER
    day = day or timezone.localdate()
    tokens = {PUBLIC, f"person:{person.pk}"}
    roles = list(Role.objects.current(day).filter(person=person).select_related("organisation"))
    tree = _ScopeTree()
    organisations: set[uuid.UUID] = set()
    for role in roles:
        tokens |= _role_tokens(role, tree)
        if role.organisation_id and role.organisation and role.organisation.state == "active":
            organisations.add(role.organisation_id)
    joined = ScopeMembership.objects.current(day).filter(organisation__in=organisations)
    for scope_id in joined.values_list("scope_id", flat=True):
        tokens |= {f"scope:{above}" for above in tree.and_above(scope_id)}
    tokens |= _lent_tokens(person, day, organisations, tree)
    if any(token.startswith("staff:") for token in tokens):
        tokens.add(f"entered:{person.pk}")
    return Actor(f"person:{person.pk}", person.pk, frozenset(tokens))


def tokens_of(organisation: Organisation) -> frozenset[str]:
    """Return what everybody who belongs to an organisation today holds through it, and what it may see therefore."""
    tokens = {PUBLIC}
    if organisation.state in ("active", "pending"):
        tokens.add(f"org:{organisation.pk}")
    if organisation.state == "active":
        tree = _ScopeTree()
        joined = ScopeMembership.objects.current().filter(organisation=organisation).values_list("scope_id", flat=True)
        tokens |= {"member"} | {f"scope:{above}" for scope_id in joined for above in tree.and_above(scope_id)}
    return frozenset(tokens)


def holding(tokens: Collection[str]) -> Q:
    """Return the condition of the organisations that hold any of the tokens, as ``tokens_of`` says."""
    if PUBLIC in tokens:
        return Q()
    named, scopes = ({uuid.UUID(one[len(lead) :]) for one in tokens if one.startswith(lead)} for lead in _LEADS)
    tree = _ScopeTree()
    below = {one for scope in scopes for one in tree.and_below(scope)}
    joined = ScopeMembership.objects.current().filter(scope__in=below).values("organisation")
    active = Q(state="active")
    rule = Q(pk__in=named, state__in=("active", "pending")) | (active & Q(pk__in=joined))
    return rule | active if "member" in tokens else rule


def staff_of(scopes: Collection[uuid.UUID], *, day: datetime.date | None = None) -> set[uuid.UUID]:
    """Return the ids of the people who work in any of the scopes on ``day`` by roles of their own and can sign in."""
    wanted, tree = {f"staff:{scope}" for scope in scopes}, _ScopeTree()
    roles = Role.objects.current(day or timezone.localdate()).filter(
        kind__in=_WORKING, person__erased_at=None, person__users__is_active=True
    )
    return {role.person_id for role in roles.select_related("organisation") if wanted & _role_tokens(role, tree)}


def serving(scopes: Collection[uuid.UUID], *, day: datetime.date | None = None) -> set[uuid.UUID]:
    """Return the ids of the people to whom a case in any of the scopes can be given: their brokers and their staff.

    A broker serves the scopes of the organisation that operates them, and those to which his own organisation belongs.
    """
    tree = _ScopeTree()
    below = {one for scope in scopes for one in tree.and_below(scope)}
    members = set(ScopeMembership.objects.current().filter(scope__in=below).values_list("organisation_id", flat=True))
    roles = Role.objects.current(day or timezone.localdate()).filter(
        kind__in=(RoleKind.BROKER, *_WORKING), person__erased_at=None, person__users__is_active=True
    )
    return {
        role.person_id
        for role in roles.select_related("organisation")
        if role.organisation is not None
        and role.organisation.state in ("active", "pending")
        and (
            not _worked_in(role, tree).isdisjoint(scopes)
            or (role.kind == RoleKind.BROKER and role.organisation_id in members)
        )
    }


def actors_of(roles: Iterable[Role]) -> dict[uuid.UUID, Actor]:
    """Return the holders of roles, read with their organisations, as actors with what these give, and nothing lent."""
    tree = _ScopeTree()
    held: dict[uuid.UUID, set[str]] = {}
    for role in roles:
        held.setdefault(role.person_id, {PUBLIC, f"person:{role.person_id}"}).update(_role_tokens(role, tree))
    for person_id, tokens in held.items():
        if any(token.startswith("staff:") for token in tokens):
            tokens.add(f"entered:{person_id}")
    return {pk: Actor(f"person:{pk}", pk, frozenset(tokens)) for pk, tokens in held.items()}


def _lent_tokens(
    person: Person, day: datetime.date, organisations: Collection[uuid.UUID], tree: "_ScopeTree"
) -> set[str]:
    """Return what a person may do for those who are away: their work, not what takes an administrator.

    Nothing but the note who is away is lent by somebody with whom he has no organisation in common any more.
    """
    away = set(person.substitutes_for.current(day).values_list("person_id", flat=True))
    tokens = {f"away:{person_id}" for person_id in away}
    roles = Role.objects.current(day).filter(person__in=away).select_related("organisation") if away else ()
    colleagues = {role.person_id for role in roles if role.organisation_id in organisations}
    for role in roles:
        if role.person_id in colleagues:
            tokens |= {token for token in _role_tokens(role, tree) if token.startswith(LENT)}
    return tokens


def _role_tokens(role: Role, tree: "_ScopeTree") -> set[str]:
    kind = RoleKind(role.kind)
    if kind in SITE_ROLES:
        return {kind.value}
    organisation: Organisation | None = role.organisation
    if organisation is None or organisation.state not in ("active", "pending"):
        return set()
    tokens = {f"org:{organisation.pk}", author_token(role.person_id, organisation.pk)}
    if organisation.state == "active":
        tokens.add("member")
    if kind in (RoleKind.EDITOR, RoleKind.ORGANISATION_ADMIN):
        tokens.add(f"edit:{organisation.pk}")
    if kind is RoleKind.ORGANISATION_ADMIN:
        tokens.add(f"admin:{organisation.pk}")
    if kind is RoleKind.RESEARCHER:
        tokens.add(f"research:{organisation.pk}")
    if kind in _WORKING:
        below = _worked_in(role, tree)
        tokens |= {f"staff:{one}" for one in below}
        if kind is RoleKind.OPERATOR_ADMIN:
            tokens |= {f"operate:{one}" for one in below}
    return tokens


def _worked_in(role: Role, tree: "_ScopeTree") -> set[uuid.UUID]:
    """Return the scopes for which a role holds: those that its organisation operates, or one of them, and all below."""
    operated = tree.operated_by(role.organisation_id) if role.organisation_id else ()
    return {one for scope_id in operated if role.scope_id in (None, scope_id) for one in tree.and_below(scope_id)}


class _ScopeTree:
    """All scopes, read once where a role asks for them; there are tens of them, not thousands."""

    def __init__(self) -> None:
        self._rows: list[tuple[uuid.UUID, uuid.UUID | None, uuid.UUID]] | None = None

    @property
    def rows(self) -> list[tuple[uuid.UUID, uuid.UUID | None, uuid.UUID]]:
        if self._rows is None:
            self._rows = list(Scope.objects.values_list("id", "parent_id", "operator_id"))
        return self._rows

    def operated_by(self, organisation_id: uuid.UUID) -> list[uuid.UUID]:
        return [scope for scope, _parent, operator in self.rows if operator == organisation_id]

    def and_above(self, scope_id: uuid.UUID) -> set[uuid.UUID]:
        parents = {scope: parent for scope, parent, _operator in self.rows}
        found: set[uuid.UUID] = set()
        here: uuid.UUID | None = scope_id
        while here is not None and here not in found:
            found.add(here)
            here = parents.get(here)
        return found

    def and_below(self, scope_id: uuid.UUID) -> set[uuid.UUID]:
        found = {scope_id}
        size = 0
        while size != len(found):
            size = len(found)
            found |= {scope for scope, parent, _operator in self.rows if parent in found}
        return found
