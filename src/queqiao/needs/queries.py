"""Reading needs."""

from django.db.models import QuerySet

from queqiao.accounts.actors import Actor
from queqiao.needs.models import Need
from queqiao.records.queries import visible


def visible_needs(actor: Actor) -> QuerySet[Need]:
    """Return the needs that the actor may see in any form."""
    return visible(Need, actor)
