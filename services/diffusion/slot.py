"""One slot per server, shared by every process of this machine."""

import fcntl
import hashlib
import os
import tempfile
import threading
from pathlib import Path


class Slot:
    """Held by whoever draws on a server. A second picture would only wait there, out of sight.

    Stages 2 and 4 are processes of their own on the same server: a locked file tells them, and
    the kernel unlocks it when a process dies.
    """

    def __init__(self, url: str) -> None:
        name = f"cyclorama-{os.getuid()}-{hashlib.sha256(url.encode()).hexdigest()[:16]}.lock"
        self._path = Path(tempfile.gettempdir()) / name
        self._file: int | None = None
        self._lock = threading.Lock()

    @property
    def held(self) -> bool:
        """Whether this process has it."""
        return self._file is not None

    def take(self) -> bool:
        """Takes the slot unless somebody has it; never waits."""
        with self._lock:
            if self._file is not None:
                return False
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                return False
            self._file = file
            return True

    def leave(self) -> None:
        """Gives the slot back."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None
