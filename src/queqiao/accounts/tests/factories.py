"""Rows for tests, made directly: a test of a page does not retell how an organisation is let in."""

import itertools
from typing import Any

from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Organisation, Person, Role, Scope, User

_count = itertools.count(1)
PASSWORD = "正确的马电池订书钉 2026"  # noqa: S105 -- for tests only


def make_organisation(**values: Any) -> Organisation:
    """Make an active organisation, an enterprise where nothing else is said."""
    n = next(_count)
    return Organisation.objects.create(**{"number": f"JG-T-{n:05}", "name": f"机构{n}", "kind": "enterprise"} | values)


def make_scope(**values: Any) -> Scope:
    """Make a scope, with an operator of its own where none is given."""
    n = next(_count)
    values.setdefault("operator", None)
    values["operator"] = values["operator"] or make_organisation(kind="association")
    return Scope.objects.create(**{"code": f"scope-{n}", "name": f"范围{n}", "kind": "city"} | values)


def make_person(**values: Any) -> Person:
    """Make a person without any role."""
    return Person.objects.create(**{"name": f"人员{next(_count)}"} | values)


def make_user(person: Person | None = None, **values: Any) -> User:
    """Make a way to sign in with ``PASSWORD`` and an address of its own."""
    user = User(person=person or make_person(), **{"email": f"user{next(_count)}@example.org"} | values)
    user.set_password(PASSWORD)
    user.save()
    return user


def give(person: Person, kind: RoleKind, organisation: Organisation | None = None, scope: Scope | None = None) -> Role:
    """Give a person a role from now on."""
    return Role.objects.create(
        person=person, kind=kind, organisation=organisation, scope=scope, recorded_by="system:test"
    )
