"""What came of matches lately, for the owners: what was accepted of theirs, and for which needs nothing fits."""

import datetime
from typing import Any

from django.db.models import Q, QuerySet

from queqiao.accounts.actors import Actor
from queqiao.matching.choices import Decision, RoundState
from queqiao.matching.models import Match, Round
from queqiao.matching.queries import owned, visible_matches

LATELY = datetime.timedelta(days=30)
MOST = 10


def accepted_lately(actor: Actor, now: datetime.datetime) -> QuerySet[Match]:
    """Return the newest accepted matches of which the actor owns a side and may see the other."""
    mine = Q(owned("need_id", actor)) | Q(owned("candidate_id", actor))
    rows: Any = visible_matches(actor).filter(mine, state=Decision.ACCEPTED, decided_at__gt=now - LATELY)
    return rows.defer("evidence", "parts").order_by("-decided_at", "pk")[:MOST]  # type: ignore[no-any-return]


def nothing_lately(actor: Actor, now: datetime.datetime) -> QuerySet[Round]:
    """Return the newest rounds of the actor's own needs that ended with nothing that fits."""
    rows = Round.objects.filter(owned("need_id", actor), state=RoundState.NOTHING_FITS, closed_at__gt=now - LATELY)
    return rows.order_by("-closed_at", "pk")[:MOST]
