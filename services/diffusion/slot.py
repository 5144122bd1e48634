"""One slot per server: a lock that all processes of this machine share."""

import fcntl
import hashlib
import os
import tempfile
import threading
from pathlib import Path


class ServerSlot:
    """Permission to use a server. Its holder is the only one to send requests for images.

    The background and inpainting stages are processes of their own in front of the same server. A
    second request would only wait there, where it is neither counted nor cancelled. The processes
    lock a file in the folder for temporary files with flock(2). The kernel releases the lock when
    its process dies; the holder deletes the file before it releases the lock.
    """

    def __init__(self, url: str) -> None:
        """Prepares the slot of the server at `url`, from which the lock file gets its name."""
        name = f"cyclorama-{os.getuid()}-{hashlib.sha256(url.encode()).hexdigest()[:16]}.lock"
        self._path = Path(tempfile.gettempdir()) / name
        self._file: int | None = None
        self._lock = threading.Lock()

    @property
    def is_held(self) -> bool:
        """Whether this object has acquired the slot."""
        return self._file is not None

    def acquire(self) -> bool:
        """Acquires the right to use the server if it is free; returns whether it did.

        Never waits.
        """
        with self._lock:
            if self._file is None:
                self._file = self._try_lock()
                return self._file is not None
            return False

    def is_free(self) -> bool:
        """Whether no process of this machine, this one included, has acquired the slot."""
        is_free = self.acquire()
        if is_free:
            self.release()
        return is_free

    def release(self) -> None:
        """Releases the slot and deletes its lock file; does nothing if it is not acquired."""
        with self._lock:
            if self._file is not None:
                # Before the lock is released: afterwards the file may be another holder's.
                self._path.unlink(missing_ok=True)
                os.close(self._file)
                self._file = None

    def _try_lock(self) -> int | None:
        """Returns the lock file, opened and locked; None if another process has locked it."""
        while True:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                return None
            if self._is_current(file):
                return file
            # Its last holder deleted it after we opened it, and others lock a new one: try again.
            os.close(file)

    def _is_current(self, file: int) -> bool:
        """Whether an open file, by its descriptor, is still the one at the path."""
        try:
            return os.path.samestat(os.fstat(file), self._path.stat())
        except FileNotFoundError:
            return False
