"""Work of this room in the background."""

import datetime
from typing import Any

from queqiao.core.runs import RunContext, job
from queqiao.core.ticks import every
from queqiao.matching import fields
from queqiao.matching.actions import learning, running


@job(running.DUE)
def match_due(context: RunContext) -> dict[str, Any] | None:
    """Match what has changed."""
    return running.match_due(context)


@job(running.EVERYTHING)
def match_all(context: RunContext) -> dict[str, Any] | None:
    """Match all needs anew."""
    return running.match_all(context)


@job(learning.LEARN)
def learn_from_grades(context: RunContext) -> dict[str, Any] | None:
    """Make a model from what the staff said."""
    return learning.learn_from_grades(context)


@job(fields.LEARN)
def learn_fields(context: RunContext) -> dict[str, Any]:
    """Learn which texts belong to which field."""
    return fields.learn_fields(context)


@every(600, "matching.fields")
def look_for_records(_now: datetime.datetime) -> None:
    """Ask for a run where the published records have changed so much that fields are to be learned anew."""
    fields.look_for_records()


@every(5, "matching.due")
def look_for_due(_now: datetime.datetime) -> None:
    """Ask for a run where something waits that could not be matched before."""
    running.look_for_due()
