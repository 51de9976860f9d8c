"""Files of a record: looked into before they are kept, and reached through the list rule only."""

from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from queqiao.accounts.actors import Actor
from queqiao.core.actions import Change, record_activity
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.files import FileLimits, inspect, store
from queqiao.core.i18n import _
from queqiao.core.personal import mark
from queqiao.records.choices import OPEN_STATES
from queqiao.records.models import Attachment, CatalogueRecord
from queqiao.records.queries import can_edit, is_staff_of

MOST_FILES = 20


def add_attachment(
    record: CatalogueRecord, upload: BinaryIO, name: str, *, by: Actor, in_blind_form: bool = False
) -> Attachment:
    """Take in one file; it is looked into by content, and pictures are written anew.

    Raises ForbiddenError, or QueqiaoError that says what is wrong with the file. The bytes are stored before the row
    is written, so that a full disk leaves neither.
    """
    if not can_edit(record, by):
        raise ForbiddenError(_("您不能修改“{title}”。").format(title=record.title))
    if record.state not in OPEN_STATES and not is_staff_of(record, by):
        raise QueqiaoError(_("已送审或已发布的记录不能直接添加附件；请先撤回修改，或请运营人员代为添加。"))
    if Attachment.objects.filter(record_id=record.pk, removed_at=None).count() >= MOST_FILES:
        raise QueqiaoError(_("每条记录最多 {n} 个附件，请先移除不再需要的。").format(n=MOST_FILES))
    found = inspect(upload, name, limits=FileLimits())
    path = store(found, settings.FILES_DIR)
    with transaction.atomic():
        made = Attachment.objects.create(
            kind=record.KIND,
            record_id=record.pk,
            name=found.name,
            path=path,
            mime=found.mime,
            size=found.size,
            is_picture=found.mime.startswith("image/"),
            in_blind_form=in_blind_form,
            added_by=by.name,
        )
        change = Change(
            record.KIND, record.pk, "attach", {}, {"attachment": _told(record, made.name), "sha256": found.sha256}
        )
        record_activity(change, by=by.name)
    return made


@transaction.atomic
def remove_attachment(record: CatalogueRecord, attachment: Attachment, *, by: Actor) -> None:
    """Take a file off a record; the row stays and says when."""
    if not can_edit(record, by):
        raise ForbiddenError(_("您不能修改“{title}”。").format(title=record.title))
    removed = Attachment.objects.filter(pk=attachment.pk, record_id=record.pk, removed_at=None)
    if removed.update(removed_at=timezone.now()):
        record_activity(
            Change(record.KIND, record.pk, "detach", {"attachment": _told(record, attachment.name)}, {}), by=by.name
        )


def _told(record: CatalogueRecord, name: str) -> str:
    """Return a file's name as the log keeps it: of a record about a person, a mark only."""
    return mark(name) if "title" in record.PERSONAL else name
