"""Claims folders: each campaign writes into one of its own, and only one command at a time."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def claim_folder(folder: Path) -> Iterator[bool]:
    """Creates a folder, and yields whether this process alone writes to it inside the context.

    The end of a process, however it ends, ends its claim. Raises OSError when the folder cannot be
    created.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":  # Folders cannot be locked there.
        yield True
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield _lock(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Locks an open folder; returns whether no other process has locked it."""
    import fcntl  # Here: Windows has none.

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # Some network file systems lock no folders.
        return True
    return True
