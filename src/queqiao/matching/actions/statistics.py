"""The statistics under which pairs are scored: when new ones are taken, and how long old ones are kept."""

import datetime
import logging
from collections.abc import Callable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from queqiao.engine.ranking.documents import document_of
from queqiao.engine.ranking.snapshot import CorpusSnapshot, take_snapshot
from queqiao.engine.text.analyser import Terms
from queqiao.matching.documents import document_for, engine_expert, pack, unpack, with_texts
from queqiao.matching.models import Match, Round, Snapshot
from queqiao.matching.pool import pieces
from queqiao.matching.queries import current_snapshot
from queqiao.needs.models import Need
from queqiao.records.choices import State
from queqiao.research.models import Achievement, Expert, Lab
from queqiao.search.entries import analyser

Beat = Callable[[], object]
MOST_DRIFT = 0.1  # by which share the published documents may grow or shrink before the statistics are taken anew
_log = logging.getLogger("queqiao.matching")


def statistics_in_use(*, beat: Beat = lambda: None, now: datetime.datetime | None = None) -> Snapshot | None:
    """Return the site's statistics, taken anew where they no longer fit; None where nothing is published to rank.

    Called at the beginning of a run only, so that all of a run is scored under the same.
    """
    there = current_snapshot()
    if there is not None and there.analyser_version == analyser().version:
        published = sum(_published(model).count() for model in _counted())
        if abs(published - there.documents) <= MOST_DRIFT * there.documents:
            return there
    return take_statistics(beat=beat, now=now)


def take_statistics(*, beat: Beat = lambda: None, now: datetime.datetime | None = None) -> Snapshot | None:
    """Count the terms of all published needs and achievements; None where there is nothing to rank.

    ``beat`` is called again and again meanwhile, for whoever has to give a sign of life.

    As on the command line, experts and labs do not count, except where nothing else is offered.
    """
    needs = list(_terms(Need, beat))
    offered = list(_terms(Achievement, beat)) or [*_terms(Expert, beat), *_terms(Lab, beat)]
    if not offered:
        return None
    taken = take_snapshot(analyser().version, needs, offered)
    _log.info("statistics %s taken over %s documents", taken.version, taken.documents)
    return keep_statistics(taken, now=now)


def keep_statistics(taken: CorpusSnapshot, *, now: datetime.datetime | None = None) -> Snapshot:
    """Keep statistics and let them be those in use; the same ones twice are one row."""
    values: dict[str, Any] = {
        "analyser_version": taken.analyser_version,
        "documents": taken.documents,
        "made_at": now or timezone.now(),
    }
    made, _new = Snapshot.objects.update_or_create(
        version=taken.version, defaults=values, create_defaults=values | {"data": pack(taken)}
    )
    return made


def statistics_of(snapshot: Snapshot) -> CorpusSnapshot:
    """Return the statistics that a row holds."""
    return unpack(bytes(snapshot.data))


@transaction.atomic
def forget_statistics() -> int:
    """Delete statistics that no match and no round names any more, but for those in use; return how many."""
    newest = current_snapshot()
    named = [model.objects.filter(snapshot=OuterRef("pk")).order_by() for model in (Match, Round)]
    unused = Snapshot.objects.exclude(pk=newest.pk if newest else "")
    for rows in named:
        unused = unused.filter(~Exists(rows))
    return unused.delete()[0]


def _counted() -> tuple[Any, ...]:
    return (Need, Achievement) if _published(Achievement).exists() else (Need, Expert, Lab)


def _published(model: Any) -> Any:
    return model._default_manager.filter(state=State.PUBLISHED)


def _terms(model: Any, beat: Beat) -> Iterator[Terms]:
    """Yield the terms of all published records of a kind, an expert's work left out."""
    for some in pieces(_published(model).order_by("pk").values_list("pk", flat=True)):
        beat()
        for record in with_texts(model._default_manager.filter(pk__in=some).order_by("pk")):
            document = document_of(engine_expert(record)[1][0]) if model is Expert else document_for(record)
            yield analyser().terms(document.text)
