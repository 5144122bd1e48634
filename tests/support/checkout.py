"""The repository that the tests run in."""

import subprocess
from pathlib import Path


def has_changes(path: Path) -> bool:
    """Returns whether files below a folder differ from the last commit.

    False outside a repository, as in an unpacked archive.
    """
    command = ["git", "status", "--porcelain", "--", "."]
    done = subprocess.run(command, cwd=path, capture_output=True, text=True)
    return done.returncode == 0 and bool(done.stdout)
