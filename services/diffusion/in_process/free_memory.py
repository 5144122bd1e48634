"""Reads how much main memory this process may still take: of the machine, and of its container."""

from collections.abc import Iterator
from pathlib import Path

# A kibibyte, the unit of /proc/meminfo.
KIBIBYTE = 1024
# Where the limits of control groups are mounted, by version: folder, limit, usage, and the name in
# memory.stat of the cached files that the kernel frees when memory is needed.
CGROUP_FILES = (
    ("sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
    (
        "sys/fs/cgroup/memory",
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        "total_inactive_file",
    ),
)


def read_free_memory(root: Path = Path("/")) -> int | None:
    """Returns the bytes that this process may still take; None if the system does not report them.

    The least of what the machine has available and of what the limits of the control groups
    (containers) of this process leave.

    root: of the file system.
    """
    available = _read_available(root)
    limits = [] if available is None else [available]
    return min([*limits, *_list_cgroup_rests(root)], default=None)


def _read_available(root: Path) -> int | None:
    """Returns the bytes that the machine has available; None if it does not report them."""
    for line in _read_lines(root / "proc/meminfo"):
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * KIBIBYTE
    return None


def _list_cgroup_rests(root: Path) -> Iterator[int]:
    """Yields the bytes that each control group of this process leaves, and those around it."""
    groups = [line.split(":", 2)[2] for line in _read_lines(root / "proc/self/cgroup")]
    for mount, *files in CGROUP_FILES:
        top = root / mount
        folders = {top, *(top / group.lstrip("/") for group in groups)}
        for folder in {parent for each in folders for parent in (each, *each.parents)}:
            if folder.is_relative_to(top) and (rest := _read_rest(folder, *files)) is not None:
                yield rest


def _read_rest(folder: Path, limit: str, usage: str, reclaimable: str) -> int | None:
    """Returns the bytes that the limit of a control group leaves; None without a limit.

    limit, usage: names of its files. reclaimable: of the field of memory.stat with cached files.
    """
    limits, usages = _read_lines(folder / limit), _read_lines(folder / usage)
    # "max" stands for no limit.
    if not limits or not usages or not limits[0].isdecimal():
        return None
    stat = dict(line.split() for line in _read_lines(folder / "memory.stat"))
    return max(0, int(limits[0]) - int(usages[0]) + int(stat.get(reclaimable, 0)))


def _read_lines(path: Path) -> list[str]:
    """Returns the lines of a file; none if it cannot be read."""
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
