"""The tables of this room, from one door."""

from queqiao.accounts.models.access import (
    ApiToken,
    Bucket,
    Consent,
    Invitation,
    Message,
    OneTimeCode,
    Registration,
    SignIn,
    User,
)
from queqiao.accounts.models.organisations import Organisation, Scope, ScopeMembership
from queqiao.accounts.models.people import Affiliation, Alias, Merge, Person, Role, Substitution

__all__ = [
    "Affiliation",
    "Alias",
    "ApiToken",
    "Bucket",
    "Consent",
    "Invitation",
    "Merge",
    "Message",
    "OneTimeCode",
    "Organisation",
    "Person",
    "Registration",
    "Role",
    "Scope",
    "ScopeMembership",
    "SignIn",
    "Substitution",
    "User",
]
