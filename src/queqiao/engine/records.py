"""The records that the engine compares: plain data, as an operator's lists hold them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Listed:
    """What needs and achievements have in common; every text is kept as its author wrote it."""

    id: str
    title: str
    description: str = ""
    indicators: str = ""
    keywords: str = ""
    field: str = ""
    region: str = ""
    maturity: str = ""
    cooperation: str = ""
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class Need(_Listed):
    """技术需求: what an enterprise lacks; ``maturity`` is the least it asks for."""


@dataclass(frozen=True, slots=True)
class Achievement(_Listed):
    """科技成果: what research offers; ``maturity`` is what has been reached."""


@dataclass(frozen=True, slots=True)
class Expert:
    """专家: a researcher, described by the record that the items hold."""

    id: str
    name: str = ""
    title: str = ""
    organisation: str = ""
    field: str = ""
    region: str = ""
    cooperation: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class ExpertItem:
    """One paper, patent, project or achievement of an expert's record; ``year`` is None where it is not known."""

    id: str
    expert_id: str
    title: str
    text: str = ""
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """One need with one achievement."""

    need_id: str
    achievement_id: str
