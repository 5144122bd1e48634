"""Segment Anything with all heads of vit_b, in a process of its own for its memory."""

import subprocess
import sys

import pytest

from tools import ROOT

pytestmark = pytest.mark.slow


def test_the_engine_equals_the_package_with_all_heads():
    command = [sys.executable, "-m", "pytest", "--full-sam", "--max-worker-mib=6144"]
    tests = ["tests/segmentation/test_sam.py", "-k", "masks_equal and drawn"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", *tests],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
