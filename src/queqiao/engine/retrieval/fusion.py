"""One order from several."""

from collections.abc import Callable, Sequence

from queqiao.engine.retrieval.protocol import Hit, TextQuery, VectorQuery

RRF_K = 60
OVER_FETCH = 100  # hits taken from each list at the least, so that fusion sees more than is shown


def reciprocal_rank_fusion(rankings: Sequence[Sequence[str]], k: int = RRF_K) -> list[tuple[str, float]]:
    """Return all ids with ``Σ 1 / (k + rank)``, the best first, ties by id (Cormack, Clarke & Büttcher 2009)."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, one in enumerate(ranking, 1):
            scores[one] = scores.get(one, 0.0) + 1 / (k + rank)
    return sorted(scores.items(), key=lambda entry: (-entry[1], entry[0]))


def fused(
    search: Callable[[TextQuery | VectorQuery, int], list[Hit]], text: TextQuery, vector: VectorQuery, k: int
) -> list[Hit]:
    """Return the best ``k`` of two queries by reciprocal rank; ``search`` returns the best of one of them."""
    lists = [[hit.id for hit in search(query, max(OVER_FETCH, k))] for query in (text, vector)]
    return [Hit(one, score) for one, score in reciprocal_rank_fusion(lists)[:k]]
