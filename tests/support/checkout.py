"""The repository that the tests run in."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tools import ROOT


def copy_checkout(folder: Path) -> Path:
    """Copies the repository's files to a folder, with a virtual environment that is up to date."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        source, target = ROOT / name, folder / name
        if source.is_file() and not source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    # make installs nothing, as what it would make is newer than pyproject.toml.
    (folder / ".venv").mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (folder / ".venv" / name).symlink_to(Path(sys.prefix, name))
    for name in re.findall(r"\.venv/(\w+)", (ROOT / "Makefile").read_text()):
        if not (folder / ".venv" / name).exists():
            (folder / ".venv" / name).touch()
    if not (folder / "models").exists():
        (folder / "models").symlink_to((ROOT / "models").resolve())
    return folder


def has_changes(path: Path) -> bool:
    """Returns whether files below a folder differ from the last commit.

    False outside a repository, as in an unpacked archive.
    """
    command = ["git", "status", "--porcelain", "--", "."]
    done = subprocess.run(command, cwd=path, capture_output=True, text=True)
    return done.returncode == 0 and bool(done.stdout)
