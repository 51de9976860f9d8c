"""Reading experts."""

from itertools import pairwise

from django.utils import timezone

from queqiao.core.i18n import _
from queqiao.records.labels import LABELS
from queqiao.research.models import Expert

AGES = (35, 45, 55)  # the first year of each band but the first


def about_person(expert: Expert) -> list[tuple[str, str]]:
    """Return label and text of what others may know of the person behind an expert: ORCID and age band."""
    person = expert.person
    if person is None:
        return []
    texts = {
        "orcid": f"https://orcid.org/{person.orcid}" if person.orcid else "",
        "age_band": age_band(timezone.localdate().year - person.birth_year) if person.birth_year else "",
    }
    return [(str(LABELS[name]), text) for name, text in texts.items() if text]


def age_band(age: int) -> str:
    """Return the band in which an age in years lies; the year of birth itself is shown to nobody else."""
    if age < AGES[0]:
        return _("{age} 岁以下").format(age=AGES[0])
    if age >= AGES[-1]:
        return _("{age} 岁及以上").format(age=AGES[-1])
    low, high = next((low, high) for low, high in pairwise(AGES) if low <= age < high)
    return _("{low}～{high} 岁").format(low=low, high=high - 1)
