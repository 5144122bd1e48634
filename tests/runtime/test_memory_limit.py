"""The memory that a process may use."""

import os
from pathlib import Path

from services.runtime.memory_limit import find_memory_limit
from services.runtime.settings import ServerSettings

QUARTER = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4


def test_is_the_limit_of_the_container(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text(f"{QUARTER // 2}\n")
    assert find_memory_limit((tmp_path / "missing", limit)) == QUARTER // 2


def test_is_a_quarter_of_the_machine_without_a_smaller_limit(tmp_path: Path) -> None:
    unlimited, large = tmp_path / "unlimited", tmp_path / "large"
    unlimited.write_text("max\n")
    large.write_text(f"{2**62}\n")
    assert find_memory_limit(()) == find_memory_limit((unlimited, large)) == QUARTER


def test_setting_replaces_what_was_found(monkeypatch) -> None:
    assert 0 < ServerSettings().memory_bytes <= QUARTER
    monkeypatch.setenv("CYCLORAMA_SERVER_MEMORY_MIB", "512")
    assert ServerSettings().memory_bytes == 512 * 2**20
