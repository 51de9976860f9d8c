"""Ways to sign in, and what guards them."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone

from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models.organisations import Organisation, Scope
from queqiao.accounts.models.people import Person
from queqiao.core.identifiers import new_id
from queqiao.core.models import Record


class UserManager(BaseUserManager["User"]):
    """Finds users by what they sign in with."""


class User(AbstractBaseUser):
    """A way for a person to sign in: a mobile number or an e-mail address, with a password or one-time codes."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="users")
    mobile = models.CharField(max_length=20, null=True, unique=True)
    email = models.EmailField(null=True, unique=True)
    is_active = models.BooleanField(default=True)
    totp_secret = models.CharField(max_length=64, blank=True)
    totp_confirmed_at = models.DateTimeField(null=True)
    totp_last_step = models.PositiveBigIntegerField(default=0)  # a code counts once
    password_changed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "id"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        """A user has something to sign in with, or is closed."""

        constraints = (
            models.CheckConstraint(
                condition=models.Q(mobile__isnull=False) | models.Q(email__isnull=False) | models.Q(is_active=False),
                name="user_has_an_address",
            ),
        )

    def __str__(self) -> str:
        return str(self.person)

    @property
    def display_name(self) -> str:
        """The name that the person sees in the frame of every page."""
        return str(self.person.name)


class OneTimeCode(models.Model):
    """A code sent to an address; kept as a keyed hash, valid for minutes, for a few tries, once."""

    address = models.CharField(max_length=120, db_index=True)
    purpose = models.CharField(max_length=20)
    code_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.purpose} {self.created_at:%Y-%m-%d %H:%M}"


class Bucket(models.Model):
    """How many tries are left for one account from one network; fills up again with time."""

    key = models.CharField(max_length=64, unique=True)
    left = models.FloatField()
    filled_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.left:.1f}"


class SignIn(models.Model):
    """One session of a user, which its owner can see and end."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, db_index=True)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    network = models.CharField(max_length=64)
    agent = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """The newest first."""

        ordering = ("-seen_at",)

    def __str__(self) -> str:
        return f"{self.user_id} {self.began_at:%Y-%m-%d %H:%M}"


class Invitation(Record):
    """An offer to join an organisation in a role; used once, by whom it was addressed to where it names somebody."""

    token_hash = models.CharField(max_length=64, unique=True)
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="invitations")
    scope = models.ForeignKey(Scope, null=True, on_delete=models.PROTECT, related_name="invitations")
    role = models.CharField(max_length=20, choices=RoleKind.choices)
    address = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=200, blank=True)
    invited_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="invitations_given")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="invitations_used")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        """The newest first."""

        ordering = ("-recorded_at",)

    def __str__(self) -> str:
        return f"{self.role} {self.organisation_id}"


class Registration(Record):
    """An organisation asks to be let in; an operator looks at the proof and decides."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="registrations")
    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="registrations")
    applicant = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="registrations")
    proof_path = models.CharField(max_length=120, blank=True)
    proof_name = models.CharField(max_length=120, blank=True)
    proof_mime = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=10, default="waiting")  # waiting, approved, refused
    reason = models.CharField(max_length=300, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True)

    class Meta:
        """Who waits longest comes first."""

        ordering = ("recorded_at",)

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.state}"


class Consent(Record):
    """A person agreed to a document in one version."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="consents")
    document = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    withdrawn_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.document} {self.version}"


class Message(Record):
    """A letter to be sent: written in the transaction of what it tells, sent by the worker, never sent twice."""

    key = models.CharField(max_length=120, unique=True)
    address = models.CharField(max_length=120)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="messages")
    subject = models.CharField(max_length=200)
    text = models.TextField()
    link = models.CharField(max_length=300, blank=True)
    secret = models.BooleanField(default=False)  # holds a code or a token: the text is dropped once it is sent
    state = models.CharField(max_length=10, default="waiting")  # waiting, sending, sent, failed
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    due_at = models.DateTimeField(default=timezone.now)  # waiting: not sent before; sending: given up for lost after
    sent_at = models.DateTimeField(null=True)

    class Meta:
        """The oldest first."""

        ordering = ("recorded_at", "id")
        indexes = (models.Index(fields=("state", "due_at")),)

    def __str__(self) -> str:
        return f"{self.subject} {self.state}"


class ApiToken(Record):
    """What a program shows to do what its person may do; of the secret only a hash is kept, and its beginning."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=20)  # the beginning of the secret, by which its person knows it again
    secret_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)  # of TokenScope
    second_factor = models.BooleanField(default=False)  # whether its person had shown one when it was made
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)  # by the hour
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        """The newest first."""

        ordering = ("-recorded_at", "-id")

    def __str__(self) -> str:
        return f"{self.prefix}…"
