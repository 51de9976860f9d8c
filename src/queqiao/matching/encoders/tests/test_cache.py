"""What was computed once is not computed again, by whichever process; trouble with the cache costs time only."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from queqiao.matching.encoders import EncoderFailedError, open_encoder
from queqiao.matching.encoders.cache import VectorCache, hash_of
from queqiao.matching.encoders.opening import CachedEncoder
from queqiao.matching.encoders.tests.loopback import Server
from queqiao.matching.encoders.tests.tiny import build_plain

pytestmark = pytest.mark.usefixtures("data_folder")

TEXTS = ["气孔率", "含氟废水深度除氟", "钛合金焊接"]


class Counting:
    """Gives each text a vector that nothing else has, and keeps what it was asked."""

    place = "计数"

    def __init__(self, version: str = "one@00000000", width: int = 4):
        self.version, self._width, self.asked = version, width, list[str]()

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        rows = [np.random.default_rng(list(hash_of(self.version + text))).normal(size=self._width) for text in texts]
        return np.stack([row / np.linalg.norm(row) for row in rows]).astype(np.float32)


@pytest.fixture
def cache(data_folder: Path) -> VectorCache:
    return VectorCache(data_folder / "encoder.sqlite3")


def test_the_same_text_is_asked_once(cache: VectorCache):
    first, again = Counting(), Counting()
    found = CachedEncoder(first, cache).encode([*TEXTS, TEXTS[0]])
    assert sorted(first.asked) == sorted(TEXTS)
    assert (found[0] == found[3]).all()
    known = CachedEncoder(again, cache).encode([TEXTS[1], "铸件", TEXTS[0]])
    assert again.asked == ["铸件"]
    assert (known[[0, 2]] == found[[1, 0]]).all()


def test_vectors_of_another_encoder_are_not_taken(cache: VectorCache):
    CachedEncoder(Counting(), cache).encode(TEXTS)
    other = Counting("two@00000000", width=6)
    assert CachedEncoder(other, cache).encode(TEXTS).shape == (3, 6)
    assert sorted(other.asked) == sorted(TEXTS)


def test_a_server_whose_model_was_changed_under_the_same_name_is_noticed_by_its_width(cache: VectorCache):
    CachedEncoder(Counting(), cache).encode(TEXTS)
    changed = CachedEncoder(Counting(width=6), cache)
    with pytest.raises(EncoderFailedError, match="6 维的向量，应为 4 维"):
        changed.encode(["铸件"])
    with pytest.raises(EncoderFailedError, match="6 维的向量，应为 4 维"):
        changed.encode([TEXTS[0], "铸件"])
    assert CachedEncoder(Counting(), cache).encode(TEXTS).shape == (3, 4)


def test_what_was_computed_before_a_failure_stays(cache: VectorCache):
    class Breaking(Counting):
        def encode(self, texts: Sequence[str]) -> np.ndarray:
            if self.asked:
                raise EncoderFailedError
            return super().encode(texts)

    many = [f"铸件{i}" for i in range(100)]
    breaking, again = Breaking(), Counting()
    with pytest.raises(TypeError):  # an error without a trouble: whatever comes
        CachedEncoder(breaking, cache).encode(many)
    CachedEncoder(again, cache).encode(many)
    assert sorted(breaking.asked + again.asked) == sorted(many)


def test_texts_with_half_a_character_are_spoken_of_without_it(cache: VectorCache):
    asked = Counting()
    assert CachedEncoder(asked, cache).encode(["气\ud83d孔"]).shape == (1, 4)
    assert asked.asked == ["气?孔"]


def test_a_damaged_cache_is_begun_anew(cache: VectorCache):
    CachedEncoder(Counting(), cache).encode(TEXTS)
    cache.path.write_bytes(b"not a database at all" * 400)
    for _ in range(2):
        asked = Counting()
        found = CachedEncoder(asked, cache).encode(TEXTS)
        assert found.shape == (3, 4)
    assert sorted(asked.asked) in ([], sorted(TEXTS))
    assert CachedEncoder(Counting(), cache).encode(TEXTS).shape == (3, 4)
    with sqlite3.connect(cache.path) as file:
        assert file.execute("SELECT count(*) FROM vector").fetchone() == (3,)
    file.close()


def test_rows_that_are_no_vectors_are_computed_again(cache: VectorCache):
    CachedEncoder(Counting(), cache).encode(TEXTS)
    with sqlite3.connect(cache.path) as file:
        for data, text in ((b"abc", TEXTS[0]), (np.full(4, np.nan, dtype="<f4").tobytes(), TEXTS[1])):
            file.execute("UPDATE vector SET data = ? WHERE text = ?", (data, hash_of(text)))
    file.close()
    asked = Counting()
    assert np.isfinite(CachedEncoder(asked, cache).encode(TEXTS)).all()
    assert sorted(asked.asked) == sorted(TEXTS[:2])


def test_where_nothing_can_be_kept_everything_is_computed(tmp_path: Path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    asked = Counting()
    encoder = CachedEncoder(asked, VectorCache(tmp_path / "file" / "encoder.sqlite3"))
    assert [encoder.encode(TEXTS).shape for _ in range(2)] == [(3, 4), (3, 4)]
    assert sorted(asked.asked) == sorted(TEXTS * 2)


def test_the_cache_does_not_grow_without_end_and_forgets_the_oldest(data_folder: Path):
    cache = VectorCache(data_folder / "small.sqlite3", most_bytes=200_000)
    encoder = CachedEncoder(Counting(width=64), cache)
    for i in range(30):
        encoder.encode([f"{i} {k}" for k in range(32)])
    assert cache.path.stat().st_size < 400_000
    asked = Counting(width=64)
    CachedEncoder(asked, cache).encode(["29 31", "0 0"])
    assert asked.asked == ["0 0"]


PROGRAM = """
import sys
from queqiao.matching.encoders import open_encoder
encoder = open_encoder()
for start in range(0, 60, 6):
    encoder.encode([f"氟{i}" for i in range(start, start + 6)])
"""


def test_two_processes_share_one_cache(server: Server, data_folder: Path):
    own = {
        "QUEQIAO_ENCODER": server.url,
        "QUEQIAO_ENCODER_MODEL": "m",
        "QUEQIAO_DATA_DIR": str(data_folder),
    }
    environment = os.environ | own
    both = [subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment) for _ in range(2)]
    assert [one.wait(60) for one in both] == [0, 0]
    assert set(server.texts) == {f"氟{i}" for i in range(60)}
    before = len(server.texts)
    subprocess.run([sys.executable, "-c", PROGRAM], env=environment, check=True, timeout=60)
    assert len(server.texts) == before
    encoder = open_encoder(environment)
    assert encoder is not None
    with sqlite3.connect(data_folder / "encoder.sqlite3") as file:
        assert file.execute("SELECT count(*), count(DISTINCT text) FROM vector").fetchone() == (60, 60)
        assert file.execute("SELECT DISTINCT encoder FROM vector").fetchall() == [(encoder.version,)]
    file.close()


def test_a_folder_is_cached_too_and_no_setting_means_no_encoder(tmp_path: Path, data_folder: Path):
    assert open_encoder({}) is None
    encoder = open_encoder({"QUEQIAO_ENCODER": str(build_plain(tmp_path / "m")), "QUEQIAO_DATA_DIR": str(data_folder)})
    assert encoder is not None
    encoder.encode(TEXTS)
    assert VectorCache(data_folder / "encoder.sqlite3").width(encoder.version) == 8
