"""The measurement of bulk work runs in small: lists are the exact ones, in memory that is known."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read in /proc")
def test_bulk_work_beside_its_baseline_in_small():
    pytest.importorskip("faiss")
    pytest.importorskip("sparse_dot_topn")
    words = [sys.executable, "-m", "bench.scale", "300", "3000"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "ours, share of the exact 20 100.00%" in " ".join(done.stdout.split())
