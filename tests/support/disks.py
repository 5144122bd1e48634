"""Small disks that tests fill and lock."""

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

MOUNT = ["mount", "-t", "tmpfs", "-o"]


@contextlib.contextmanager
def mount_disk(folder: Path, megabytes: int = 4) -> Iterator[Path]:
    """Mounts a small disk on a new folder; skips the test where that is not allowed."""
    folder.mkdir()
    mount = [*MOUNT, f"size={megabytes}m", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a disk is not allowed here")
    try:
        yield folder
    finally:
        # Lazily: a database may still be open.
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill_disk(folder) -> Callable[[], None]:
    """Fills a disk to the last byte; returns a function that frees it."""
    ballast = folder / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return ballast.unlink


def make_read_only(folder) -> Callable[[], None]:
    """Makes a disk read-only; returns a function that makes it writable."""
    remount = [*MOUNT, "remount,ro", folder]
    subprocess.run(remount, check=True)
    return lambda: subprocess.run([*MOUNT, "remount,rw", folder], check=True)
