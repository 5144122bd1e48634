"""Tells when files have changed, for what is read again while a process runs."""

from collections.abc import Sequence
from pathlib import Path

Mark = tuple[int, int, int] | None


class Changes:
    """Remembers how files were when they were last looked at."""

    def __init__(self, paths: Sequence[str | Path]) -> None:
        self._paths = [Path(path) for path in paths]
        self._seen = self._marks()

    def seen(self) -> bool:
        """Whether any of them is another one, or gone, since the last time this was asked."""
        marks = self._marks()
        changed, self._seen = marks != self._seen, marks
        return changed

    def _marks(self) -> list[Mark]:
        return [_mark(path) for path in self._paths]


def _mark(path: Path) -> Mark:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
