"""Whether the site ranks real needs as the command line does: the same candidates with the same scores."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator

from bench.data import NEEDS_ACHIEVEMENTS
from bench.table import Line, show

NEEDS, TOP = 40, 20


def measure(needs: int = NEEDS) -> Iterator[Line]:
    """Yield how many of the first lists are the same; the site is set up by the environment."""
    import django  # noqa: PLC0415 -- the rooms of the site need their settings

    django.setup()
    began = time.perf_counter()
    entries = _enter()
    yield Line("site: loading and indexing real lists", f"{time.perf_counter() - began:.0f} s", f"{entries} entries")
    yield from _compared(needs)


def _enter() -> int:
    """Load the real lists and index them; return the number of entries."""
    from django.core.management import call_command  # noqa: PLC0415 -- the same

    from queqiao.accounts.actions.organisations import create_organisation  # noqa: PLC0415 -- the same
    from queqiao.accounts.actors import system  # noqa: PLC0415 -- the same
    from queqiao.imports.catalogue import load_achievements, load_needs  # noqa: PLC0415 -- the same
    from queqiao.search import index  # noqa: PLC0415 -- the same
    from queqiao.search.actions.indexing import rebuild  # noqa: PLC0415 -- the same

    call_command("migrate", verbosity=0, interactive=False)
    by = system("bench")
    asking, offering = (create_organisation(values={"name": name, "kind": "enterprise"}, by=by) for name in "甲乙")
    load_needs(NEEDS_ACHIEVEMENTS / "needs.csv", source="bench", owner=asking)
    load_achievements(NEEDS_ACHIEVEMENTS / "achievements.csv", source="bench", owner=offering)
    with index.turn() as engine:
        if engine is None:
            raise RuntimeError("somebody else writes the index")
        return rebuild(engine, lambda _done, _total: None)


def _compared(needs: int) -> Iterator[Line]:
    from queqiao.core.models import ExternalId  # noqa: PLC0415 -- the same
    from queqiao.engine.ranking.batch import read_corpus, shortlists  # noqa: PLC0415 -- the same
    from queqiao.engine.text.analyser import Analyser  # noqa: PLC0415 -- the same
    from queqiao.imports.records import read_achievements, read_needs  # noqa: PLC0415 -- the same
    from queqiao.matching.actions.statistics import statistics_of, take_statistics  # noqa: PLC0415 -- the same
    from queqiao.matching.documents import with_texts  # noqa: PLC0415 -- the same
    from queqiao.matching.pool import Pool  # noqa: PLC0415 -- the same
    from queqiao.needs.models import Need  # noqa: PLC0415 -- the same

    asked, offered = (NEEDS_ACHIEVEMENTS / f"{name}.csv" for name in ("needs", "achievements"))
    began = time.perf_counter()
    achievements = read_achievements(offered)
    said = {one.id: f"{one.title}\n{one.text}" for one in achievements}
    corpus = read_corpus(read_needs(asked), achievements, analyser=Analyser())
    lists = {
        one.need_id: _once([(said[m.candidate_id], m.score) for m in one.matches])
        for one in shortlists(corpus, top=5 * TOP)
    }
    yield Line("site: the command line, all needs", f"{time.perf_counter() - began:.0f} s")
    began = time.perf_counter()
    snapshot = take_statistics()
    if snapshot is None:
        raise RuntimeError("there are no statistics")
    same_statistics = snapshot.version == corpus.snapshot.version
    yield Line("site: statistics as of the command line", str(same_statistics), "the same", same_statistics)
    known = dict(ExternalId.objects.filter(source="bench").values_list("target_id", "value"))
    pool, different = Pool(statistics_of(snapshot)), []
    for need in with_texts(Need.objects.order_by("number")[:needs]):
        found = [(said[known[one.candidate_id]], one.score) for one in pool.rank(need, {}) if one.kind == "achievement"]
        if _told_apart(found) != _told_apart(lists[known[need.pk]]):
            different.append(known[need.pk])
    same = needs - len(different)
    yield Line("site: lists as of the command line", f"{same} of {needs}", " ".join(different), same == needs)
    yield Line("site: ranking one need", f"{(time.perf_counter() - began) / needs:.1f} s")


def _once(found: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return the head of a list in which each text stands once, as in the site, where one stands for all."""
    return list(dict(found).items())[:TOP]


def _told_apart(found: list[tuple[str, float]]) -> tuple[list[float], set[tuple[str, float]]]:
    """Return the scores in their order, and the candidates of those that are not the last one's.

    Equal scores stand in the order of the numbers, which the site gives out and the command line does not; at the end
    of a list that decides who is on it.
    """
    scores = [score for _one, score in found]
    return scores, {(one, score) for one, score in found if score > min(scores)}


def main() -> int:
    """Measure in a site of its own."""
    with tempfile.TemporaryDirectory() as name:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "queqiao.settings", "QUEQIAO_DATA_DIR": name, "QUEQIAO_DATABASE_URL": "",
        }  # fmt: skip
        lines = list(measure(*map(int, sys.argv[1:])))
    print(show(lines))
    return int(any(line.passed is False for line in lines))


if __name__ == "__main__":
    sys.exit(main())
