"""Which part of the queue of the workbench somebody works through; it stands in every address of its pages."""

from collections.abc import Callable
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse

from queqiao.accounts.actors import Actor
from queqiao.accounts.models import Scope
from queqiao.core.i18n import _
from queqiao.matching.workbench import ended, queue
from queqiao.records.presenting import name_of
from queqiao.records.queries import published_in
from queqiao.taxonomy.queries import fields, nodes_below

LONGEST = 100  # characters of the words
Choices = list[tuple[str, Any]]  # code and name


class QueueChoice:
    """The scope, the field and the words that were chosen for the queue; what cannot be chosen is left out.

    ``ended`` is whether the needs whose round has ended are asked for.
    """

    def __init__(self, request: HttpRequest, actor: Actor):
        self._actor = actor
        scope, field = request.GET.get("scope", ""), request.GET.get("field", "")
        self._scope = self._scopes().filter(code=scope).first() if scope else None
        self._nodes = nodes_below(field) if field else []
        self.words = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
        self.ended = request.GET.get("state") == "ended"
        asked = {"scope": scope if self._scope else "", "field": field if self._nodes else "", "q": self.words}
        self.chosen = {name: value for name, value in asked.items() if value}

    @cached_property
    def scopes(self) -> Choices:
        """The scopes that can be chosen."""
        return [(scope.code, name_of(scope)) for scope in self._scopes()]

    @cached_property
    def fields(self) -> Choices:
        """The fields that can be chosen."""
        return [(node.code, name_of(node)) for node in fields() if node.parent_id is None]

    def rows(self) -> Any:
        """Return the needs of the queue that were chosen, in its order."""
        return self._narrowed(queue)

    def ended_rows(self) -> Any:
        """Return the needs that were chosen and whose round has ended, the last one first."""
        return self._narrowed(ended)

    def _narrowed(self, read: Callable[..., Any]) -> Any:
        rows = read(self._actor, scope=self._scope.pk if self._scope else None)
        if self.words:
            told = Q(title__icontains=self.words) | Q(organisation__name__icontains=self.words)
            rows = rows.filter(told | Q(number__iexact=self.words))
        return published_in(rows, self._nodes) if self._nodes else rows

    def names(self) -> str:
        """Return what was chosen in words, "" for everything."""
        every = {**dict(self.scopes), **dict(self.fields)} if self.chosen else {}
        return _("、").join(str(every.get(code, code)) for code in self.chosen.values())

    def queue_at(self) -> str:
        """Return the address of the queue."""
        return _with(reverse("bench-queue"), self.chosen)

    def ended_at(self) -> str:
        """Return the address of what has ended."""
        return _with(reverse("bench-queue"), {**self.chosen, "state": "ended"})

    def need_at(self, number: str, **more: str) -> str:
        """Return the address of a need on the workbench; ``more`` goes into its query."""
        return _with(reverse("bench", args=[number]), {**self.chosen, **more})

    def _scopes(self) -> Any:
        return Scope.objects.filter(pk__in=self._actor.ids("staff")).order_by("name")


def _with(address: str, query: dict[str, str]) -> str:
    return f"{address}?{urlencode(query)}" if query else address
