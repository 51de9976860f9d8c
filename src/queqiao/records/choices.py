"""The life cycle of a catalogue record in one table, and who may see it."""

from dataclasses import dataclass

from django.db import models

from queqiao.core.i18n import lazy


class State(models.TextChoices):
    """Where a record stands."""

    DRAFT = "draft", lazy("草稿")
    SUBMITTED = "submitted", lazy("待审核")
    RETURNED = "returned", lazy("已退回")
    PUBLISHED = "published", lazy("已发布")
    EXPIRED = "expired", lazy("已过期")
    WITHDRAWN = "withdrawn", lazy("已撤回")
    ARCHIVED = "archived", lazy("已归档")


class Visibility(models.TextChoices):
    """Who may see a published record; blind shows what is asked and not who asks."""

    PUBLIC = "public", lazy("公开")
    MEMBERS = "members", lazy("仅会员")
    SCOPE = "scope", lazy("仅本范围")
    INVITED = "invited", lazy("仅受邀者")
    BLIND = "blind", lazy("匿名发布")


class Verb(models.TextChoices):
    """What moves a record from one state to the next."""

    SUBMIT = "submit", lazy("提交审核")
    PUBLISH = "publish", lazy("发布")
    RETURN = "return", lazy("退回")
    EXPIRE = "expire", lazy("到期")
    RECONFIRM = "reconfirm", lazy("确认仍有效")
    WITHDRAW = "withdraw", lazy("撤回")
    REVISE = "revise", lazy("重新编辑")
    ARCHIVE = "archive", lazy("归档")


class Who(models.TextChoices):
    """Who may take a step."""

    OWNER = "owner", lazy("所有者")
    STAFF = "staff", lazy("运营人员")
    EITHER = "either", lazy("所有者或运营人员")
    CLOCK = "clock", lazy("系统")


@dataclass(frozen=True, slots=True)
class Step:
    """One allowed step: where it leads, who may take it, and whether a reason must be given."""

    to: State
    who: Who
    reason: bool = False


TRANSITIONS: dict[tuple[State, Verb], Step] = {
    (State.DRAFT, Verb.SUBMIT): Step(State.SUBMITTED, Who.OWNER),
    (State.RETURNED, Verb.SUBMIT): Step(State.SUBMITTED, Who.OWNER),
    (State.SUBMITTED, Verb.PUBLISH): Step(State.PUBLISHED, Who.STAFF),
    (State.SUBMITTED, Verb.RETURN): Step(State.RETURNED, Who.STAFF, reason=True),
    (State.SUBMITTED, Verb.WITHDRAW): Step(State.WITHDRAWN, Who.OWNER),
    (State.PUBLISHED, Verb.WITHDRAW): Step(State.WITHDRAWN, Who.EITHER, reason=True),
    (State.PUBLISHED, Verb.RECONFIRM): Step(State.PUBLISHED, Who.OWNER),
    (State.PUBLISHED, Verb.EXPIRE): Step(State.EXPIRED, Who.CLOCK),
    (State.EXPIRED, Verb.RECONFIRM): Step(State.PUBLISHED, Who.OWNER),
    (State.EXPIRED, Verb.ARCHIVE): Step(State.ARCHIVED, Who.EITHER),
    (State.WITHDRAWN, Verb.REVISE): Step(State.DRAFT, Who.OWNER),
    (State.WITHDRAWN, Verb.ARCHIVE): Step(State.ARCHIVED, Who.EITHER),
    (State.DRAFT, Verb.ARCHIVE): Step(State.ARCHIVED, Who.OWNER),
}
# States in which the owner may change the content; afterwards a change of a published record is proposed to the staff.
OPEN_STATES = frozenset({State.DRAFT, State.RETURNED})


class Cooperation(models.TextChoices):
    """Ways to work together."""

    TRANSFER = "transfer", lazy("技术转让")
    LICENCE = "licence", lazy("技术许可")
    EQUITY = "equity", lazy("作价入股")
    JOINT_DEVELOPMENT = "joint_development", lazy("合作开发")
    SERVICE = "service", lazy("技术服务")
    USE_FIRST_PAY_LATER = "use_first_pay_later", lazy("先用后付")
