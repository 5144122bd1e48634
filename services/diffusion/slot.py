"""One slot per server, shared by every process of this machine."""

import fcntl
import hashlib
import os
import tempfile
import threading
from pathlib import Path


class Slot:
    """Held by whoever draws on a server. A second picture would only wait there, out of sight.

    Stages 2 and 4 are processes of their own on the same server: they share a locked file, and
    the kernel unlocks it when a process dies.
    """

    def __init__(self, url: str) -> None:
        name = f"cyclorama-{os.getuid()}-{hashlib.sha256(url.encode()).hexdigest()[:16]}.lock"
        self._path = Path(tempfile.gettempdir()) / name
        self._file: int | None = None
        self._lock = threading.Lock()

    @property
    def held(self) -> bool:
        """Whether this process holds it."""
        return self._file is not None

    def acquire(self) -> bool:
        """Takes the slot unless somebody holds it; never waits."""
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

    def is_free(self) -> bool:
        """Whether no process of this machine holds it."""
        free = self.acquire()
        if free:
            self.release()
        return free

    def release(self) -> None:
        """Frees the slot."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None
