"""Letters to people: written in the transaction of what they tell, sent by the worker, never sent twice."""

import datetime
import logging
import uuid

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from queqiao.accounts.channels import ChannelError, Letter, choose
from queqiao.accounts.models import Message, Person
from queqiao.core import runs
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _
from queqiao.env import SettingError

PAUSES = tuple(datetime.timedelta(minutes=m) for m in (1, 5, 30, 120))  # after the first, second, ... try that failed
LOST_AFTER = datetime.timedelta(minutes=10)  # a letter that is being sent this long lost its worker
DROPPED = "（已处理，内容不保留）"
_log = logging.getLogger("queqiao.messages")


def write_letter(
    *,
    key: str,
    address: str,
    subject: str,
    text: str,
    link: str = "",
    person: Person | None = None,
    secret: bool = False,
    wait: datetime.timedelta = datetime.timedelta(0),
) -> Message | None:
    """Write a letter down to be sent after a wait; the same key twice is one letter. ``link`` is a path of this site.

    Must run inside the transaction of what the letter tells. ``secret`` letters lose their text once they are sent.
    Returns None where there is no address to write to. The part of the key before the colon says what it is about.
    """
    if not address:
        return None
    due = timezone.now() + wait
    made, new = Message.objects.get_or_create(
        key=key,
        defaults={
            "address": address,
            "subject": subject[:200],
            "text": text,
            "link": link,
            "person": person,
            "secret": secret,
            "due_at": due,
        },
    )
    if new:
        task = {"message": str(made.pk)}
        runs.enqueue("messages.deliver", task, by="system:messages", not_before=due if wait else None)
    return made


def take_back_letters(keys_begin: str) -> set[uuid.UUID]:
    """Take back the letters whose key begins so and that nobody has tried to send; return whom they were for."""
    unsent = Message.objects.filter(key__startswith=keys_begin, state="waiting", tries=0)
    taken = dict(unsent.select_for_update().values_list("pk", "person_id"))
    Message.objects.filter(pk__in=list(taken)).delete()
    return {person_id for person_id in taken.values() if person_id is not None}


def deliver(message: Message, *, now: datetime.datetime | None = None) -> bool:
    """Send one letter that waits; whoever claims it first sends it. Returns whether it was sent now.

    Where the other side did not take it and may do so later, or a setting has to be put right, it waits longer after
    each try.
    """
    now = now or timezone.now()
    claimed = Message.objects.filter(pk=message.pk, state="waiting", due_at__lte=now).update(
        state="sending", tries=F("tries") + 1, due_at=now + LOST_AFTER
    )
    if not claimed:
        return False
    message.refresh_from_db()
    link = f"{settings.SITE_URL}{message.link}" if message.link.startswith("/") else message.link
    kind = message.key.partition(":")[0]
    try:
        choose(message.address).send(Letter(message.address, message.subject, message.text, link, kind))
    except (QueqiaoError, SettingError) as error:
        _not_taken(message, error, now)
        return False
    _end(message, state="sent", sent_at=now, error="")
    return True


def deliver_waiting(*, now: datetime.datetime | None = None) -> int:
    """Send what is due, oldest first; return how many were sent.

    A letter whose worker died while sending it may have arrived or not; it is not sent again, and says so.
    """
    now = now or timezone.now()
    lost = Message.objects.filter(state="sending", due_at__lt=now)
    for message in lost:
        _end(message, state="failed", error=_("发送中断，不能确定是否已经送达；为避免重复，没有再次发送。"))
    return sum(deliver(message, now=now) for message in Message.objects.filter(state="waiting", due_at__lte=now)[:200])


@transaction.atomic
def try_again(message: Message) -> None:
    """Let a letter that failed wait once more; one whose text was dropped stays as it is."""
    failed = Message.objects.filter(pk=message.pk, state="failed").exclude(secret=True)
    if failed.update(state="waiting", tries=0, error="", due_at=timezone.now()):
        runs.enqueue("messages.deliver", {"message": str(message.pk)}, by="system:messages")


def _not_taken(message: Message, error: QueqiaoError | SettingError, now: datetime.datetime) -> None:
    passing = isinstance(error, SettingError) or (isinstance(error, ChannelError) and error.retry)
    again = passing and message.tries <= len(PAUSES)
    _log.warning("letter %s not sent, try %d", message.pk, message.tries)
    if again:
        due = now + PAUSES[message.tries - 1]
        Message.objects.filter(pk=message.pk, state="sending").update(
            state="waiting", error=str(error)[:300], due_at=due
        )
    else:
        _end(message, state="failed", error=str(error)[:300])


def _end(message: Message, **values: object) -> None:
    if message.secret:
        values |= {"text": DROPPED, "link": ""}
    Message.objects.filter(pk=message.pk, state="sending").update(**values)
