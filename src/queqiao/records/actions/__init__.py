"""The one door for writing catalogue records."""

from queqiao.records.actions.audience import renew_audience
from queqiao.records.actions.content import (
    accept_proposal,
    begin_record,
    create_record,
    discard_copy,
    keep_copy,
    refuse_proposal,
    save_record,
    write_translation,
)
from queqiao.records.actions.files import add_attachment, remove_attachment
from queqiao.records.actions.sharing import grant, place_in_scopes, revoke
from queqiao.records.actions.steps import advance, expire_due, missing_for_submission

__all__ = [
    "accept_proposal",
    "add_attachment",
    "advance",
    "begin_record",
    "create_record",
    "discard_copy",
    "expire_due",
    "grant",
    "keep_copy",
    "missing_for_submission",
    "place_in_scopes",
    "refuse_proposal",
    "remove_attachment",
    "renew_audience",
    "revoke",
    "save_record",
    "write_translation",
]
