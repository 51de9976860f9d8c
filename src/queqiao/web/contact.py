"""How to reach who stands behind a page: through those who run the scopes, and who pass the word on."""

from collections.abc import Iterable

from django.db.models import QuerySet

from queqiao.accounts.models import Organisation, Scope, ScopeMembership
from queqiao.records.presenting import Face, name_of

MOST = 6
Operated = tuple[str, Organisation]  # the name of a scope, and who runs it


def operators_of(organisation: Organisation) -> list[Operated]:
    """Return the scopes in which an organisation is today, each with who runs it."""
    joined = ScopeMembership.objects.current().filter(organisation=organisation).values("scope")
    return _named(Scope.objects.filter(pk__in=joined))


def operators_for(face: Face, organisation: Organisation) -> list[Operated]:
    """Return whom to ask about a record.

    Of a blind one these are those who run the site's uppermost scopes, the same for every record, for the scopes of
    its owner would tell who that is.
    """
    return operators_of(organisation) if face.whole else _named(Scope.objects.filter(parent=None)[:MOST])


def _named(scopes: QuerySet[Scope]) -> list[Operated]:
    rows: Iterable[Scope] = scopes.select_related("operator")
    return [(name_of(scope), scope.operator) for scope in rows]
