"""Words for where a match came from, what people made of it, and why its place changed."""

from django.db import models

from queqiao.core.i18n import lazy


class CandidateKind(models.TextChoices):
    """What a need is matched with."""

    ACHIEVEMENT = "achievement", lazy("科技成果")
    EXPERT = "expert", lazy("专家")
    LAB = "lab", lazy("实验室")


class Origin(models.TextChoices):
    """Who put a pair together."""

    ENGINE = "engine", lazy("系统推荐")
    HAND = "hand", lazy("人工添加")


class Decision(models.TextChoices):
    """What the staff decided about a pair."""

    OPEN = "open", lazy("待处理")
    ACCEPTED = "accepted", lazy("已采纳")
    REJECTED = "rejected", lazy("已排除")


class ReasonClass(models.TextChoices):
    """Why a pair was rejected."""

    OUT_OF_FIELD = "out_of_field", lazy("不是同一回事")
    INDICATORS = "indicators", lazy("指标达不到")
    TOO_EARLY = "too_early", lazy("成熟度不够")
    BENEFIT_NOT_SHOWN = "benefit_not_shown", lazy("效益不明确")
    PRICE = "price", lazy("价格不合适")
    IP = "ip", lazy("知识产权有问题")
    CAPACITY = "capacity", lazy("对方暂时抽不出人手")
    CONFLICT = "conflict", lazy("有利益冲突")
    UNCLEAR = "unclear", lazy("内容写得不清楚")
    SOLVED = "solved", lazy("需求已经解决")
    OTHER = "other", lazy("其他原因（请写明）")


class Grade(models.IntegerChoices):
    """How closely the staff find a need and a candidate related."""

    UNRELATED = 1, lazy("无关联")
    WEAK = 2, lazy("弱关联")
    FAIRLY_STRONG = 3, lazy("较强关联")
    STRONG = 4, lazy("强关联")


class RoundState(models.TextChoices):
    """Where one round of looking for candidates stands."""

    OPEN = "open", lazy("进行中")
    NOTHING_FITS = "nothing_fits", lazy("没有合适的")
    SETTLED = "settled", lazy("已处理完")


class Cause(models.TextChoices):
    """Why a match moved when its need was ranked again."""

    NEED = "need", lazy("需求改过")
    CANDIDATE = "candidate", lazy("候选改过")
    STATISTICS = "statistics", lazy("词频统计更新")
    MODEL = "model", lazy("排序方法更新")
    OTHERS = "others", lazy("其他候选进出名单")


class Told(models.TextChoices):
    """What a letter said about a match."""

    FITS = "fits", lazy("有需求适合")
    ACCEPTED = "accepted", lazy("匹配已采纳")
