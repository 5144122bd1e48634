"""Tests of backup, restoration and repair of the job database, as an operator runs them."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from cyclorama.v1 import jobs_pb2
from cyclorama.v1.jobs_pb2 import JOB_STATE_FAILED
from gateway.database import close_database, open_database
from gateway.database_copies import (
    UnusableFile,
    back_up_database,
    check_database,
    repair_database,
    restore_database,
)
from gateway.jobs.events import AdChange
from gateway.jobs.ledger import JobLedger
from gateway.jobs.plan import fill_campaign_defaults
from gateway.jobs.progress import AdOutcome, create_failure
from gateway.jobs.queue import AdQueue, EndedAd
from services.runtime.errors import NotFound
from tests.support.campaigns import end_first_ad
from tools import ROOT

JOBS, ADS = 20, 5


class Ledgers:
    """Ledgers of database files; all are closed at the end."""

    def __init__(self) -> None:
        self.engines = []

    def open(self, path: Path) -> JobLedger:
        return JobLedger(*[self.open_engine(path)] * 2)

    def open_engine(self, path: Path) -> sa.Engine:
        self.engines.append(open_database(f"sqlite:///{path}", begin_immediate=True))
        return self.engines[-1]

    def close(self) -> None:
        for engine in self.engines:
            close_database(engine)


@pytest.fixture
def ledgers():
    opened = Ledgers()
    yield opened
    opened.close()


@pytest.fixture
def database(tmp_path, ledgers) -> Path:
    """A database with jobs of some ads, whose first ad succeeded."""
    path = tmp_path / "jobs.db"
    ledger = ledgers.open(path)
    prompts = [f"table {each}" for each in range(ADS)]
    campaign = jobs_pb2.Campaign(photos=[{"image": {"uri": "ab"}}], prompts=prompts)
    for number in range(JOBS):
        ledger.add_job(f"job{number}", fill_campaign_defaults(campaign), "local")
        outcome = AdOutcome(artifact="ab", quality_report=bytes(3000))
        end_first_ad(ledgers.engines[0], f"job{number}", outcome)
    return path


def list_counts(ledger: JobLedger) -> list[tuple[int, int]]:
    return [(job.counts.succeeded, job.counts.waiting) for job in ledger.list_jobs(1000)[0]]


def test_a_backup_of_a_database_in_use_is_complete_and_can_be_restored(tmp_path, database, ledgers):
    copy = tmp_path / "backup.db"
    back_up_database(database, copy)
    with pytest.raises(FileExistsError, match="name a new file"):
        back_up_database(database, copy)
    ledger = ledgers.open(database)
    ledger.cancel_job("job0")
    old = restore_database(copy, database)
    assert [path.name.partition(".db")[2].partition(".")[0] for path in old] == ["", "-wal", "-shm"]
    # The same ledger continues with the copy.
    assert list_counts(ledger) == [(1, ADS - 1)] * JOBS


def write_text(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)


def write_other_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE other (id INTEGER)")


# What is wrong with a file, by what wrote it.
FAULTS = [
    (write_text, "is no SQLite database, or its header is damaged"),
    (Path.touch, "is empty, it was truncated"),
    (Path.mkdir, "is a folder"),
    (write_other_database, "has no tables of Cyclorama"),
    (lambda path: None, "does not exist"),
]


@pytest.mark.parametrize(("write", "cause"), FAULTS)
def test_a_file_that_is_no_complete_database_is_not_restored(tmp_path, database, write, cause):
    copy = tmp_path / "backup.db"
    write(copy)
    before = database.stat().st_ino
    with pytest.raises(UnusableFile, match=f"^{copy} {cause}: restore another backup"):
        restore_database(copy, database)
    assert database.stat().st_ino == before


@pytest.mark.parametrize(("write", "cause"), FAULTS)
def test_check_backup_and_repair_say_what_is_wrong_with_a_database(tmp_path, write, cause):
    database, new = tmp_path / "jobs.db", tmp_path / "new.db"
    write(database)
    for command in (
        lambda: check_database(database),
        lambda: back_up_database(database, new),
        lambda: repair_database(database, new),
    ):
        with pytest.raises(UnusableFile, match=f"^the job database {database} {cause}: "):
            command()
    assert not new.exists()


def test_a_truncated_database_is_repaired(tmp_path, database, ledgers):
    copy, repaired = tmp_path / "backup.db", tmp_path / "repaired.db"
    back_up_database(database, copy)
    os.truncate(copy, copy.stat().st_size // 2)
    with pytest.raises(UnusableFile, match=r"is corrupt: .*repair NEW_FILE"):
        check_database(copy)
    assert 0 < repair_database(copy, repaired)["cyclorama_jobs"] <= JOBS
    check_database(repaired)


def test_a_repair_saves_all_jobs_but_the_ads_that_cannot_be_read(tmp_path, database, ledgers):
    copy, repaired = tmp_path / "backup.db", tmp_path / "repaired.db"
    back_up_database(database, copy)
    with closing(sqlite3.connect(copy)) as connection:
        query = "SELECT pageno FROM dbstat WHERE name = 'cyclorama_events' AND pagetype = 'leaf'"
        try:
            pages = [page for (page,) in connection.execute(query)]
        except sqlite3.OperationalError:
            pytest.skip("this SQLite has no dbstat")
    with copy.open("r+b") as file:
        for page in pages[3:6]:
            file.seek((page - 1) * 4096)
            file.write(b"\xff" * 4096)
    rows = repair_database(copy, repaired)
    assert rows["cyclorama_jobs"] == JOBS and 0 < rows["cyclorama_events"] < 2 * JOBS
    ledger = ledgers.open(repaired)
    counts = list_counts(ledger)
    assert len(counts) == JOBS and {sum(each) for each in counts} == {ADS}
    assert 0 < sum(succeeded for succeeded, _ in counts) < JOBS
    for number in range(JOBS):
        events = ledger.load_events(f"job{number}", 0, max_events=100)
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    waiting = sum(waiting for _, waiting in counts)
    queue = AdQueue(ledgers.open_engine(repaired), "gateway")
    assert len(queue.exchange_ads([], JOBS * ADS)) == waiting


def test_a_repair_queues_ads_that_were_being_retried(tmp_path, database, ledgers):
    copy, repaired = tmp_path / "backup.db", tmp_path / "repaired.db"
    ledger, engine = ledgers.open(database), ledgers.open_engine(database)
    for number in range(1, JOBS):
        ledger.cancel_job(f"job{number}")
    queue = AdQueue(engine, "gateway")
    claimed = queue.exchange_ads([], ADS)
    assert claimed == {("job0", each) for each in range(1, ADS)}
    failure = create_failure(NotFound("the picture is missing"))
    failed = [EndedAd(ad, AdChange(ad.position, JOB_STATE_FAILED, failure)) for ad in claimed]
    queue.exchange_ads(failed, 0)
    ledger.retry_failed_ads("job0", lambda *_: None)
    back_up_database(database, copy)
    repair_database(copy, repaired)
    repaired_queue = AdQueue(ledgers.open_engine(repaired), "gateway")
    assert repaired_queue.exchange_ads([], 2 * ADS) == claimed


def run_command(database: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "gateway.jobs", "--database", f"sqlite:///{database}"]
    return subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True)


def test_the_command_line_says_in_a_line_what_it_did_or_why_not(tmp_path, database):
    copy = tmp_path / "backup.db"
    done = run_command(database, "backup", str(copy))
    assert done.returncode == 0 and done.stdout == f"{database} is copied to {copy}\n"
    copy.write_bytes(b"")
    refused = run_command(copy, "check")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"the job database {copy} is empty, it was truncated: ")
