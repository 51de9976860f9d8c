"""Whether lists and detail pages stay as fast with 100,000 records of each kind as with 100.

Each site is asked in a process of its own, through Django's own client and so without a network; the two are asked in
turns, so that what else the machine does weighs on both alike. Like a web process in service, each request opens the
database anew.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.table import Line, show

SMALL, LARGE = 100, 100_000
REQUESTS, WARM_UP = 60, 3
TIMES = 2.0  # a page of the large site may take this many times the small one's
READERS = ("stranger", "editor", "staff")


@dataclass(frozen=True, slots=True)
class Case:
    """One page for one reader; ``small`` is the page of the small site beside which it is measured.

    That is the same page, or where the small site has no such rows, one that shows as many.
    """

    what: str
    reader: str
    large: str
    small: str


def cases() -> list[Case]:
    """Return what is measured."""
    from bench.town import (  # noqa: PLC0415 -- needs a running site, which only the child processes have
        BROAD_FIELD,
        BROAD_REGION,
        COMMON_WORD,
        NO_WORD,
        RARE_FIELD,
        RARE_REGION,
        RARE_WORD,
    )  # fmt: skip

    found = []
    for reader in READERS:
        pages = [("home", "/", "/"), ("search", "/search", "/search")]
        pages += [
            (f"search, {word}", f"/search?q={word}", f"/search?q={COMMON_WORD}") for word in (COMMON_WORD, "轴承")
        ]
        pages += [("organisations", "/organisations", "/organisations")]
        pages.append(("one organisation", "/organisations/JG-2026-00001", "/organisations/JG-2026-00001"))
        for plural, prefix in (("needs", "XQ"), ("achievements", "CG")):
            at = f"/catalogue/{plural}"
            pages += [
                (plural, at, at),
                (f"{plural}, page 30", f"{at}?page=30", at),
                (f"{plural}, broad field", f"{at}?field={BROAD_FIELD}", f"{at}?field={BROAD_FIELD}"),
                (f"{plural}, middling field", f"{at}?field=energy", f"{at}?field={BROAD_FIELD}"),
                (f"{plural}, rare field", f"{at}?field={RARE_FIELD}", f"{at}?field={BROAD_FIELD}"),
                (f"{plural}, broad region", f"{at}?region={BROAD_REGION}", f"{at}?region={BROAD_REGION}"),
                (f"{plural}, rare region", f"{at}?region={RARE_REGION}", f"{at}?region={BROAD_REGION}"),
                (f"{plural}, common word", f"{at}?q={COMMON_WORD}", f"{at}?q=之"),
                (f"{plural}, rare word", f"{at}?q={RARE_WORD}", f"{at}?q=之"),
                (f"{plural}, unknown word", f"{at}?q={NO_WORD}", f"{at}?q={NO_WORD}"),
                (f"one of {plural}", f"/records/{prefix}-2026-*", f"/records/{prefix}-2026-*"),
            ]
        if reader != "stranger":
            pages.append(("my records", "/my/records?state=published", "/my/records?state=published"))
        if reader == "staff":
            pages.append(("review queue", "/staff/review", "/staff/review"))
        found += [Case(what, reader, large, small) for what, large, small in pages]
    return found


class Site:
    """A throw-away site in a process of its own."""

    def __init__(self, folder: Path, size: int):
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "queqiao.settings",
            "QUEQIAO_DATA_DIR": str(folder),
            "QUEQIAO_PLAIN_STATIC": "true",
            "QUEQIAO_DATABASE_URL": "",  # SQLite in the folder
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.pages", "answer", str(size)],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def ask(self, case: Case | None, path: str = "") -> dict[str, Any]:
        """Ask for a page and return seconds, status, queries and rows; without a case wait until the site is filled."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the site has no pipes")
        if case is not None:
            self._process.stdin.write(json.dumps({"reader": case.reader, "path": path}) + "\n")
            self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """End the process."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def measure(folder: Path, *, only: str = "", requests: int = REQUESTS) -> Iterator[Line]:
    """Yield the time of every page in the large site beside that in the small one; ``only`` picks pages by words."""
    sites = [Site(folder / str(size), size) for size in (SMALL, LARGE)]
    try:
        sizes = [site.ask(None) for site in sites]
        yield Line("pages: filling the large site", f"{sizes[1]['seconds']:.0f} s")
        for case in json.loads(json.dumps(sizes[0]["cases"])):
            one = Case(**case)
            if only in f"{one.reader}: {one.what}":
                yield _compared(one, sites, requests)
    finally:
        for site in sites:
            site.close()


def _compared(case: Case, sites: list[Site], requests: int) -> Line:
    paths = (case.small, case.large)
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(requests + WARM_UP):
        answers = [site.ask(case, path) for site, path in zip(sites, paths, strict=True)]
        wrong = [answer["status"] for answer in answers if answer["status"] != 200]
        if wrong:
            raise RuntimeError(f"{case} was answered with {wrong}")
        if turn >= WARM_UP:
            for times, answer in zip(taken, answers, strict=True):
                times.append(answer["seconds"] * 1000)
    (low, high), (low_large, high_large) = (np.percentile(times, [50, 95]) for times in taken)
    ratio = high_large / high
    detail = (
        f"p50 {low:.0f} -> {low_large:.0f}, p95 {high:.0f} -> {high_large:.0f} ms; rows {answers[0]['rows']}, "
        f"{answers[1]['rows']}; queries {answers[0]['queries']}, {answers[1]['queries']}"
    )
    return Line(f"pages: {case.reader}: {case.what}, p95", f"{ratio:.2f} times", detail, bool(ratio <= TIMES))


def answer_requests(size: int) -> None:
    """Fill the site where it is empty, then answer what stands on standard input, line by line."""
    import django  # noqa: PLC0415 -- only the child processes have a site

    django.setup()
    started = time.perf_counter()
    from django.core.management import call_command  # noqa: PLC0415 -- the same

    from bench.town import Town  # noqa: PLC0415 -- the same
    from queqiao.accounts.models import User  # noqa: PLC0415 -- the same
    from queqiao.search import finding, index  # noqa: PLC0415 -- the same

    call_command("migrate", verbosity=0, interactive=False)
    if not User.objects.exists():
        Town(size).fill()
    if not index.folder().exists():
        _index()
    finding.warm_up()
    ready = {"seconds": time.perf_counter() - started, "cases": [_plain(case) for case in cases()]}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    desk = _Desk()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(desk.answer(**json.loads(line))) + "\n")
        sys.stdout.flush()


def _index() -> None:
    from queqiao.search import index  # noqa: PLC0415 -- the same
    from queqiao.search.actions.indexing import rebuild  # noqa: PLC0415 -- the same

    with index.turn() as engine:
        if engine is not None:
            rebuild(engine, lambda _done, _total: None)


def _plain(case: Case) -> dict[str, str]:
    return {"what": case.what, "reader": case.reader, "large": case.large, "small": case.small}


class _Desk:
    """The readers with their browsers, inside a site's process."""

    def __init__(self) -> None:
        from django.test import Client  # noqa: PLC0415 -- the same

        from queqiao.accounts.models import User  # noqa: PLC0415 -- the same

        self.browsers = {reader: Client(SERVER_NAME="localhost") for reader in READERS}
        for reader in READERS[1:]:
            self.browsers[reader].force_login(User.objects.get(email=f"{reader}@example.org"))
        self.records: dict[tuple[str, str], Iterator[str]] = {}

    def answer(self, reader: str, path: str) -> dict[str, Any]:
        """Ask for one page and measure it; a star stands for the numbers of visible records, one after the other."""
        from django.db import connection  # noqa: PLC0415 -- the same

        if path.endswith("*"):
            path = self._next(reader, path)
        queries = 0

        def count(execute: Any, *arguments: Any) -> Any:
            nonlocal queries
            queries += 1
            return execute(*arguments)

        connection.close()
        with connection.execute_wrapper(count):
            started = time.perf_counter()
            response = self.browsers[reader].get(path)
            seconds = time.perf_counter() - started
        text = response.content.decode()
        rows = text.count("<article") or text.count("<tr>") or text.count("q-todo")
        return {"seconds": seconds, "status": response.status_code, "rows": rows, "queries": queries}

    def _next(self, reader: str, path: str) -> str:
        key = (reader, path)
        if key not in self.records:
            self.records[key] = self._visible(path)
        return next(self.records[key])

    def _visible(self, path: str) -> Iterator[str]:
        from queqiao.accounts.actors import STRANGER  # noqa: PLC0415 -- the same
        from queqiao.needs.models import Need  # noqa: PLC0415 -- the same
        from queqiao.records.queries import visible  # noqa: PLC0415 -- the same
        from queqiao.research.models import Achievement  # noqa: PLC0415 -- the same

        model: Any = Need if "XQ" in path else Achievement
        numbers = list(visible(model, STRANGER).order_by("id").values_list("number", flat=True)[:20_000])
        step = max(1, len(numbers) // 50)
        while True:
            yield from (f"/records/{number}" for number in numbers[::step])


def main() -> int:
    """Measure; or, in a child process, answer. A folder as argument keeps the sites; words after it pick pages."""
    if sys.argv[1:2] == ["answer"]:
        answer_requests(int(sys.argv[2]))
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(sys.argv[1]) if sys.argv[1:] else Path(name)
        lines = list(measure(folder, only="".join(sys.argv[2:3])))
    print(show(lines))
    return int(any(line.passed is False for line in lines))


if __name__ == "__main__":
    sys.exit(main())
