"""Who serves whom: total and worst-served value against greedy and HiGHS alone, and the time of large ones."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import eye_array, kron

from bench.commands import Finished, queqiao
from bench.data import FAIR_ASSIGNMENT, rows
from bench.table import SEED, Line
from queqiao.imports.writing import write_csv

PER_NEED, MAX_LOAD, CANDIDATES = 3, 4, 50
BEST = "已是最优"  # what the command says of a figure that it proved
PUBLISHED = "published FairIR 201.83 / 0.930, HiGHS 201.77 / 0.945"
Triplets = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]  # need, expert, value


def measure(folder: Path) -> Iterator[Line]:
    """Yield the reviewers of MIDL, then made-up large ones, of which each need has 50 candidates."""
    yield from _midl(folder)
    yield _large("2,000 x 2,000, fair", 2_000, 2_000, folder, "--fair")
    yield _large("10,000 x 6,000, total", 10_000, 6_000, folder)


def _midl(folder: Path) -> Iterator[Line]:
    scores = np.load(FAIR_ASSIGNMENT / "scores.npy")
    direct, greedy = _direct(scores), _greedy(scores)
    plain, total, worst = _assigned(FAIR_ASSIGNMENT / "scores.npy", folder)
    against = f"HiGHS directly {direct:.2f}, greedy {greedy:.2f}; {plain.seconds:.1f} s"
    yield Line("assignment: MIDL, total", f"{total:.2f}", against, total >= direct - 1e-4)
    yield Line("assignment: MIDL, total, worst-served", f"{worst:.3f}")
    fair, total, worst = _assigned(FAIR_ASSIGNMENT / "scores.npy", folder, "--fair")
    good = worst >= 0.944 and total >= 201.76 and fair.output.count(BEST) == 2
    against = f"{PUBLISHED}; {fair.seconds:.1f} s"
    yield Line("assignment: MIDL, fair, total / worst", f"{total:.2f} / {worst:.3f}", against, good)


def _large(name: str, experts: int, needs: int, folder: Path, *more: str) -> Line:
    pairs = _made_up(experts, needs)
    write_csv(folder / "pairs.csv", ("need", "expert", "value"), zip(*(part.tolist() for part in pairs), strict=True))
    done, total, worst = _assigned(folder / "pairs.csv", folder, *more)
    proved = f"{done.output.count(BEST)} of {1 + len(more)} proved best"
    against = f"{proved}, {done.seconds:.0f} s of 60, {done.peak_megabytes:.0f} MB"
    return Line(f"assignment: {name}", f"{total:.1f} / {worst:.3f}", against, done.seconds <= 60)


def _assigned(affinity: Path, folder: Path, *more: str) -> tuple[Finished, float, float]:
    """Run the command; return what it printed, the total and the smallest sum of a need, from the table it wrote."""
    out = folder / "assigned.csv"
    limits = ("--per-need", PER_NEED, "--max-load", MAX_LOAD)
    done = queqiao("assign", "--affinity", affinity, *limits, "--out", out, *more)
    sums: dict[str, float] = {}
    for row in rows(out):
        sums[row["need"]] = sums.get(row["need"], 0.0) + float(row["value"])
    return done, sum(sums.values()), min(sums.values())


def _direct(scores: NDArray[np.float64]) -> float:
    """Return the best total by one linear program with all pairs."""
    experts, needs = scores.shape
    solved = linprog(
        -scores.ravel(),
        A_ub=kron(eye_array(experts), np.ones((1, needs)), format="csr"),
        b_ub=np.full(experts, MAX_LOAD),
        A_eq=kron(np.ones((1, experts)), eye_array(needs), format="csr"),
        b_eq=np.full(needs, PER_NEED),
        bounds=(0, 1),
        method="highs",
    )
    return -float(solved.fun)


def _greedy(scores: NDArray[np.float64]) -> float:
    """Return the total of taking the best pair that the limits still allow, again and again."""
    total, places, loads = 0.0, np.zeros(scores.shape[1]), np.zeros(scores.shape[0])
    for pair in np.argsort(-scores, axis=None, kind="stable"):
        expert, need = divmod(int(pair), scores.shape[1])
        if places[need] < PER_NEED and loads[expert] < MAX_LOAD:
            total += scores[expert, need]
            places[need] += 1
            loads[expert] += 1
    return float(total)


def _made_up(experts: int, needs: int) -> Triplets:
    """Return each need's best candidates of a random fifth of the experts, alike where their subjects are alike."""
    chance = np.random.default_rng(SEED)
    theirs, wanted = (chance.dirichlet(np.full(20, 0.3), size=size) for size in (experts, needs))
    theirs /= np.linalg.norm(theirs, axis=1, keepdims=True)
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    chosen, values = [], []
    for one in wanted:
        pool = chance.choice(experts, experts // 5, replace=False)
        alike = theirs[pool] @ one
        best = np.argsort(-alike, kind="stable")[:CANDIDATES]
        chosen.append(pool[best])
        values.append(alike[best])
    return np.repeat(np.arange(needs), CANDIDATES), np.concatenate(chosen), np.concatenate(values)
