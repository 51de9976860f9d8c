"""Matches of needs with candidates, the rounds they belong to, and the statistics under which they were scored."""

from django.db import models
from django.utils import timezone

from queqiao.accounts.models import Person
from queqiao.core.models import Record
from queqiao.matching.choices import CandidateKind, Decision, Grade, Origin, ReasonClass, RoundState, Told
from queqiao.needs.models import Need


class Snapshot(models.Model):
    """Versioned statistics of the published texts, from which a score can be computed again exactly.

    ``data`` is compressed JSON. Kept as long as a match or a round names it.
    """

    version = models.CharField(max_length=12, primary_key=True)  # see CorpusSnapshot.version
    analyser_version = models.CharField(max_length=40)
    documents = models.PositiveIntegerField()
    made_at = models.DateTimeField(default=timezone.now)
    data = models.BinaryField()

    class Meta:
        """The newest first; it is the one in use."""

        ordering = ("-made_at", "version")

    def __str__(self) -> str:
        return self.version


class LearnedModel(Record):
    """A model learned from the staff's grades; at most one is in use, and without one the default ranking is.

    ``data`` is compressed JSON, ``card`` what is told of it.
    """

    version = models.CharField(max_length=40, unique=True)  # see Model.version
    made_at = models.DateTimeField(default=timezone.now)
    card = models.JSONField()
    data = models.BinaryField()
    used = models.BooleanField(default=False)

    class Meta:
        """The newest first."""

        ordering = ("-made_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("used",), condition=models.Q(used=True), name="one_model_in_use"),
        )

    def __str__(self) -> str:
        return self.version


class Round(Record):
    """One round of looking for candidates for a need, until the staff settle it or say that nothing fits.

    ``ranked_run`` is the full run that ranked the need last, so that a run taken up again skips what it has done.
    """

    need = models.ForeignKey(Need, on_delete=models.CASCADE, related_name="rounds")
    number = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=12, choices=RoundState.choices, default=RoundState.OPEN)
    ranked_at = models.DateTimeField(null=True)
    ranked_run = models.UUIDField(null=True)
    need_revision = models.PositiveIntegerField(null=True)
    snapshot = models.ForeignKey(Snapshot, null=True, on_delete=models.PROTECT, related_name="rounds")
    model_version = models.CharField(max_length=40, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="closed_rounds")
    note = models.TextField(blank=True)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        """The newest round of a need first."""

        ordering = ("need", "-number")
        constraints = (models.UniqueConstraint(fields=("need", "number"), name="one_round_a_number"),)
        indexes = (models.Index(fields=("state", "ranked_at")),)

    def __str__(self) -> str:
        return f"{self.need_id} {self.number} {self.state}"


class Match(Record):
    """One need with one candidate: the engine's score and evidence, and the staff's judgement.

    ``evidence`` is what ``matching.documents.plain_evidence`` writes: for the staff, who see both sides whole.
    ``before`` holds score, rank, level and listed as they were before the last ranking, and ``causes`` says why they
    changed. ``listed`` is whether the match stands in the need's shortlist; decided, graded and hand-added ones stay.
    """

    need = models.ForeignKey(Need, on_delete=models.CASCADE, related_name="matches")
    kind = models.CharField(max_length=20, choices=CandidateKind.choices)
    candidate_id = models.UUIDField()
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.ENGINE)
    listed = models.BooleanField(default=True)

    rank = models.PositiveIntegerField(null=True)  # from 1 among the need's candidates of this kind
    score = models.FloatField(null=True)
    level = models.PositiveSmallIntegerField(null=True)  # 4 strong to 1 unrelated; none: not scored yet
    parts = models.JSONField(default=dict)
    evidence = models.JSONField(default=dict)
    snapshot = models.ForeignKey(Snapshot, null=True, on_delete=models.PROTECT, related_name="matches")
    model_version = models.CharField(max_length=40, blank=True)
    need_revision = models.PositiveIntegerField(null=True)
    candidate_revision = models.PositiveIntegerField(null=True)
    ranked_at = models.DateTimeField(null=True)
    before = models.JSONField(null=True)
    causes = models.JSONField(default=list)

    state = models.CharField(max_length=10, choices=Decision.choices, default=Decision.OPEN)
    reason_class = models.CharField(max_length=20, choices=ReasonClass.choices, blank=True)
    note = models.TextField(blank=True)
    decided_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="decided_matches")
    decided_at = models.DateTimeField(null=True)
    grade = models.PositiveSmallIntegerField(null=True, choices=Grade.choices)
    graded_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="graded_matches")
    graded_at = models.DateTimeField(null=True)
    broker = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="brokered_matches")
    assigned_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="assigned_matches")
    assigned_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        """A need's best candidates first."""

        ordering = ("need", "rank", "id")
        constraints = (models.UniqueConstraint(fields=("need", "candidate_id"), name="one_match_a_pair"),)
        indexes = (
            models.Index(fields=("need", "listed", "kind", "rank")),
            models.Index(fields=("candidate_id", "state", "level")),
            models.Index(fields=("state", "listed", "level")),
        )

    def __str__(self) -> str:
        return f"{self.need_id} {self.kind} {self.candidate_id}"


class Notice(models.Model):
    """A person was told something about a match; nobody is told the same twice."""

    match = models.ForeignKey(Match, on_delete=models.CASCADE, related_name="notices")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="match_notices")
    what = models.CharField(max_length=10, choices=Told.choices)
    told_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Once each."""

        constraints = (models.UniqueConstraint(fields=("match", "person", "what"), name="told_once"),)

    def __str__(self) -> str:
        return f"{self.match_id} {self.person_id} {self.what}"


class Due(models.Model):
    """A record that waits to be matched; written in the transaction of its change, gone once its matches are right.

    ``changed_at`` is the last change: a row that was renewed while its record was being matched stays.
    """

    record_id = models.UUIDField(unique=True)
    kind = models.CharField(max_length=20)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Taken in the order of the changes."""

        ordering = ("changed_at", "id")

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id}"
