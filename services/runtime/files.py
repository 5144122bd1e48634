"""Detects changes of files that a running process reads again, such as certificates."""

from collections.abc import Sequence
from pathlib import Path

FileState = tuple[int, int, int] | None
"""Modification time in nanoseconds, size in bytes and inode; None while the file is missing."""


class FileWatcher:
    """Compares files with their state at the previous look."""

    def __init__(self, paths: Sequence[str | Path]) -> None:
        self._paths = [Path(path) for path in paths]
        self._states = self._read_states()

    def has_changed(self) -> bool:
        """Whether a watched file was written, replaced or removed since the previous call."""
        states = self._read_states()
        changed, self._states = states != self._states, states
        return changed

    def _read_states(self) -> list[FileState]:
        return [_read_state(path) for path in self._paths]


def _read_state(path: Path) -> FileState:
    """Returns the time, size and inode of a file, to detect changes; None if missing."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
