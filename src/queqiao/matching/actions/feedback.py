"""What the staff said of some candidates moves the others of the same need at once."""

from functools import lru_cache
from typing import Any

from queqiao.engine.ranking.feedback import Judged, feedback_parts
from queqiao.engine.ranking.snapshot import CorpusSnapshot
from queqiao.engine.text.analyser import Terms
from queqiao.matching.actions.statistics import statistics_of
from queqiao.matching.choices import CandidateKind, Decision, Grade, ReasonClass
from queqiao.matching.documents import document_for, engine_expert, with_texts
from queqiao.matching.models import Match, Snapshot
from queqiao.matching.queries import records_by_id
from queqiao.needs.models import Need
from queqiao.search.entries import analyser

FEEDBACK = "feedback"  # the name of the part
TEXT_PARTS = ("characters", "words", "record")  # parts of a score that come from the texts


def renew_feedback(need: Need, statistics: CorpusSnapshot) -> int:
    """Compute the feedback of all listed matches of a need anew; return how many have changed.

    It is kept as one of the parts; the engine's own score and rank stay. Part of a transaction that holds the round.
    """
    rows = list(Match.objects.filter(need=need, listed=True).defer("evidence").order_by("pk"))
    grades = {row.pk: grade_meant(row) for row in rows}
    if not any(grades.values()) and not any(FEEDBACK in row.parts for row in rows):
        return 0
    terms = _terms_of(rows)
    judged = [
        Judged(str(row.pk), terms[row.pk], sum(row.parts.get(name, 0.0) for name in TEXT_PARTS), grades[row.pk])
        for row in rows
        if row.pk in terms
    ]
    parts = feedback_parts(statistics, judged)
    changed = []
    for row in rows:
        new = parts.get(str(row.pk), 0.0)
        if new != row.parts.get(FEEDBACK, 0.0):
            own = {name: value for name, value in row.parts.items() if name != FEEDBACK}
            row.parts = own | ({FEEDBACK: new} if new else {})
            changed.append(row)
    Match.objects.bulk_update(changed, ["parts"], batch_size=100)
    return len(changed)


def grade_meant(match: Match) -> int | None:
    """Return what the staff said of how a candidate is related, by a grade or else by their decision."""
    if match.grade is not None:
        return match.grade
    if match.state == Decision.ACCEPTED:
        return Grade.STRONG
    # Every other reason speaks of price, ripeness or people, not of the subject.
    off_subject = match.state == Decision.REJECTED and match.reason_class == ReasonClass.OUT_OF_FIELD
    return Grade.UNRELATED if off_subject else None


@lru_cache(maxsize=2)
def statistics_named(version: str) -> CorpusSnapshot:
    """Return kept statistics by their version; those in use are read once in a process, for they never change."""
    return statistics_of(Snapshot.objects.get(pk=version))


def _terms_of(rows: list[Match]) -> dict[Any, Terms]:
    """Return the terms of the candidates of matches, by match; those that are gone are left out."""
    found: dict[Any, Terms] = {}
    for kind in sorted({row.kind for row in rows}):
        texts = {}
        for record in with_texts(records_by_id(kind, [row.candidate_id for row in rows if row.kind == kind])):
            if kind == CandidateKind.EXPERT:
                texts[record.pk] = "\n".join(f"{item.title}\n{item.text}" for item in engine_expert(record)[1])
            else:
                texts[record.pk] = document_for(record).text
        found |= {row.pk: analyser().terms(texts[row.candidate_id]) for row in rows if row.candidate_id in texts}
    return found
