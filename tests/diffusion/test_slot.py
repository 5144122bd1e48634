import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from services.diffusion.slot import ServerSlot

URL = "http://127.0.0.1:9"
ACQUIRE_AND_DIE = """
import os, signal, sys
from services.diffusion.slot import ServerSlot
assert ServerSlot(sys.argv[1]).acquire()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """An empty folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_one_slot_of_a_server_is_held_at_a_time():
    first, second, other = ServerSlot(URL), ServerSlot(URL), ServerSlot("http://127.0.0.1:10")
    assert first.acquire() and first.is_held
    assert not (first.acquire() or second.acquire() or second.is_free() or second.is_held)
    assert other.acquire()
    first.release()
    assert second.is_free() and second.acquire()


def test_a_released_slot_leaves_no_file(folder):
    slot = ServerSlot(URL)
    for _ in range(3):
        assert slot.is_free() and slot.acquire()
        assert len(list(folder.iterdir())) == 1
        slot.release()
        assert not list(folder.iterdir())
    slot.release()


def test_the_file_of_a_killed_process_blocks_nobody_and_is_deleted(folder):
    code = (
        f"from services.diffusion.slot import ServerSlot; ServerSlot({URL!r}).acquire() and exit()"
    )
    environment = os.environ | {"TMPDIR": str(folder)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert len(list(folder.iterdir())) == 1
    slot = ServerSlot(URL)
    assert slot.acquire()
    slot.release()
    assert not list(folder.iterdir())


def test_a_file_deleted_between_opening_and_locking_it_is_not_the_slot(monkeypatch):
    """The holder releases the slot, and another process acquires it, just before we lock."""
    holder, next_holder, slow = ServerSlot(URL), ServerSlot(URL), ServerSlot(URL)
    lock = fcntl.flock

    def lock_late(file: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", lock)
        holder.release()
        assert next_holder.acquire()
        lock(file, operation)

    assert holder.acquire()
    monkeypatch.setattr(fcntl, "flock", lock_late)
    assert not slow.acquire()
    next_holder.release()
    assert slow.acquire()


def test_a_file_deleted_without_a_new_holder_is_created_again(monkeypatch):
    holder, slow = ServerSlot(URL), ServerSlot(URL)
    lock = fcntl.flock

    def lock_late(file: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", lock)
        holder.release()
        lock(file, operation)

    assert holder.acquire()
    monkeypatch.setattr(fcntl, "flock", lock_late)
    assert slow.acquire() and not ServerSlot(URL).is_free()
