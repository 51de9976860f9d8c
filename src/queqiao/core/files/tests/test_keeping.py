"""A file is kept whole or not at all."""

import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from queqiao.core.errors import QueqiaoError
from queqiao.core.files import FileLimits, InspectedFile, inspect, open_stored, store


def text(content: bytes = "指标".encode()) -> InspectedFile:
    return inspect(io.BytesIO(content), "指标.txt", limits=FileLimits())


def lying(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_file_lies_under_the_hash_of_its_content_once(tmp_path: Path) -> None:
    digest = hashlib.sha256("指标".encode()).hexdigest()
    assert [store(text(), tmp_path), store(text(), tmp_path)] == [f"{digest[:2]}/{digest}.txt"] * 2
    assert lying(tmp_path) == [f"{digest[:2]}/{digest}.txt"]
    with open_stored(tmp_path, f"{digest[:2]}/{digest}.txt") as kept:
        assert kept.read() == "指标".encode()


def test_a_file_that_was_cut_short_on_the_disk_is_mended_by_sending_it_again(tmp_path: Path) -> None:
    path = store(text(), tmp_path)
    (tmp_path / path).write_bytes(b"x")
    assert store(text(), tmp_path) == path
    assert (tmp_path / path).read_bytes() == "指标".encode()


def test_a_file_that_is_gone_is_said_to_be_gone(tmp_path: Path) -> None:
    path = store(text(), tmp_path)
    (tmp_path / path).unlink()
    with pytest.raises(QueqiaoError, match=r"^这个文件已不在服务器上，请联系运营方。$"):
        open_stored(tmp_path, path)


@pytest.mark.parametrize(
    "path", ["../secret.key", "/etc/passwd", "ab/../../secret.key", "", "ab/" + "a" * 64 + ".txt\n"]
)
def test_only_what_was_kept_can_be_opened(path: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- the text is the path
        open_stored(tmp_path, path)


FULL = """
import io, resource, sys
from pathlib import Path
from queqiao.core.errors import StorageFullError
from queqiao.core.files import FileLimits, inspect, store
file = inspect(io.BytesIO(b"a" * 200_000), "指标.txt", limits=FileLimits())
if sys.argv[2] == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    store(file, Path(sys.argv[1]))
except StorageFullError as error:
    sys.stdout.buffer.write(str(error).encode())
"""


def stored_without_room(folder: Path, how: str) -> str:
    done = subprocess.run([sys.executable, "-c", FULL, str(folder), how], capture_output=True, check=True)
    return done.stdout.decode()


SENTENCE = "服务器的存储空间不足，“指标.txt”没有保存；请联系运营方，稍后再试。"


def test_given_no_room_nothing_is_half_written(tmp_path: Path) -> None:
    assert stored_without_room(tmp_path, "limit") == SENTENCE
    assert lying(tmp_path) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_given_a_disk_that_is_really_full_nothing_is_half_written(tmp_path: Path) -> None:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tmp_path], check=False)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        assert stored_without_room(tmp_path, "disk") == SENTENCE
        assert lying(tmp_path) == []
    finally:
        subprocess.run(["umount", tmp_path], check=True)
