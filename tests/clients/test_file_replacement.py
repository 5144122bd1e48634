"""Results are written whole, or an earlier file stays."""

import os
import stat
import threading
from pathlib import Path

import pytest

from cyclorama.cli.results_csv import write_results_csv
from cyclorama.file_replacement import replace_file
from cyclorama.results import Picture
from tests.support.disks import fill_disk, mount_disk

BIG = os.urandom(100_000)
AD = dict.fromkeys(("photo", "prompt", "state", "file", "error", "score", "reasons", "line"), "x")
ADS = [AD | {"size": None, "engines": {}}] * 2000


@pytest.mark.parametrize(
    "write",
    [
        lambda path: replace_file(path, BIG),
        lambda path: Picture(BIG, "png", 1, 1).save(path),
        lambda path: write_results_csv(ADS, path),
    ],
)
def test_a_full_disk_leaves_the_earlier_file_and_nothing_else(tmp_path, write):
    with mount_disk(tmp_path / "full") as disk:
        path = disk / "a.png"
        path.write_bytes(b"earlier")
        fill_disk(disk)
        with pytest.raises(OSError, match=r"No space left on device: '.*/full/a.png'"):
            write(path)
        assert path.read_bytes() == b"earlier"
        assert {each.name for each in disk.iterdir()} == {"a.png", "ballast"}


def test_a_full_disk_is_a_failure_of_the_system(command, photo, tmp_path):
    with mount_disk(tmp_path / "full") as disk:
        fill_disk(disk)
        words = ("--prompt", "sand", "--size", "256x256", "-o", disk / "a.png")
        status, _, err = command("create", photo, *words)
        assert status == 1 and "No space left on device" in err


def test_a_link_and_the_permissions_of_a_file_stay(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"earlier")
    target.chmod(0o640)
    link.symlink_to(target)
    replace_file(link, b"new")
    assert link.is_symlink() and target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_new_file_has_the_usual_permissions(tmp_path):
    usual, new = tmp_path / "usual", tmp_path / "new"
    usual.write_bytes(b"")
    replace_file(new, b"")
    assert new.stat().st_mode == usual.stat().st_mode


def test_a_pipe_is_written_into(tmp_path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    thread = threading.Thread(target=lambda: read.append(Path(pipe).read_bytes()))
    thread.start()
    replace_file(pipe, b"ad")
    thread.join()
    assert read == [b"ad"] and stat.S_ISFIFO(pipe.stat().st_mode)
