"""Reading achievements, experts and labs."""

from django.db.models import QuerySet

from queqiao.accounts.actors import Actor
from queqiao.records.queries import visible
from queqiao.research.models import Achievement, Expert, Lab


def visible_achievements(actor: Actor) -> QuerySet[Achievement]:
    """Return the achievements that the actor may see in any form."""
    return visible(Achievement, actor)


def visible_experts(actor: Actor) -> QuerySet[Expert]:
    """Return the experts that the actor may see in any form."""
    return visible(Expert, actor)


def visible_labs(actor: Actor) -> QuerySet[Lab]:
    """Return the labs that the actor may see in any form."""
    return visible(Lab, actor)
