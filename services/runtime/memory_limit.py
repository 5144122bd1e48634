"""Finds how much memory this process may use: that of its container, or a share of the machine."""

import os
from pathlib import Path

# The limit of the innermost container, of cgroup v2 and of cgroup v1, as the process sees them.
CGROUP_FILES = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
# Processes that share the memory of a machine where no container limits them. Smaller: more
# pictures at a time, and less memory for other programs.
SHARING_PROCESSES = 4


def find_memory_limit(cgroup_files: tuple[Path, ...] = CGROUP_FILES) -> int:
    """Returns the bytes of memory that this process may use.

    That is the limit of its container, or a quarter of the machine's memory if that is less.

    cgroup_files: contain the container's limit in bytes, or a word if there is none; those that
        do not exist are skipped.
    """
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [limit for path in cgroup_files if (limit := _read_limit(path))]
    return min([machine // SHARING_PROCESSES, *limits])


def _read_limit(path: Path) -> int | None:
    """Returns the number in a cgroup file; None if there is no such file, or no limit."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
