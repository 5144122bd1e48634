"""Copies an SQLite job database: a backup while gateways run, its restoration, and a repair."""

import os
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from cyclorama.v1.jobs_pb2 import Campaign
from gateway.database_faults import (
    DatabaseFault,
    connect_damaged_file,
    connect_file,
    find_database_fault,
)
from gateway.jobs.plan import list_images
from gateway.jobs.progress import ENDED_ADS, derive_job_state

# The largest row id of SQLite; a search for readable rows ends there.
MAX_ROW_ID = 2**63 - 1
# Files of an SQLite database, by what follows its name.
SUFFIXES = ("", "-wal", "-shm")


class UnusableFile(Exception):
    """A file is not what a command needs; the text names it, and says what to do."""


def back_up_database(database: Path, copy: Path) -> None:
    """Writes a consistent copy of a database to a new file; gateways may use it meanwhile.

    Raises FileExistsError when the copy exists, and UnusableFile when the database is not intact.
    """
    part = _begin_file(copy)
    check_database(database)
    with closing(connect_file(database)) as connection:
        connection.execute("VACUUM INTO ?", [str(part)])
    part.rename(copy)


def restore_database(copy: Path, database: Path) -> list[Path]:
    """Puts a copy in the place of a database; returns the files of the old one, which are renamed.

    A gateway that runs detects it, and continues with the copy. Raises UnusableFile when the copy
    is no complete database.
    """
    if fault := find_database_fault(copy):
        text = f"{copy} {fault.cause}: restore another backup; {database} was not changed"
        raise UnusableFile(text)
    part = database.with_name(f"{database.name}.part")
    shutil.copyfile(copy, part)
    old = []
    for suffix in SUFFIXES:
        path = database.with_name(database.name + suffix)
        if path.exists():
            old.append(path.with_name(f"{path.name}.{time.strftime('%Y%m%d-%H%M%S')}"))
            path.rename(old[-1])
    os.replace(part, database)
    return old


def repair_database(database: Path, new: Path) -> dict[str, int]:
    """Copies what is readable of a corrupt database to a new file; returns rows by table.

    Jobs whose events are lost count the ads of these as queued, which are then created again.
    Raises FileExistsError when the new file exists, and UnusableFile when nothing can be read.
    """
    part = _begin_file(new)
    if (fault := find_database_fault(database)) and not fault.is_repairable:
        raise _name_fault(database, fault)
    counts = {}
    with (
        closing(connect_damaged_file(database)) as source,
        closing(sqlite3.connect(part)) as target,
    ):
        entries = source.execute("SELECT type, name, sql FROM sqlite_master WHERE sql NOT NULL")
        schema = sorted(entries.fetchall(), key=lambda entry: entry[0] != "table")
        for kind, name, sql in schema:
            if name.startswith("sqlite_"):
                continue
            target.execute(sql)
            if kind == "table":
                counts[name] = _copy_rows(source, target, name)
        _correct_jobs(target)
        target.commit()
        target.execute("PRAGMA journal_mode=WAL")
    part.rename(new)
    return counts


def check_database(database: Path) -> None:
    """Raises UnusableFile unless a file is a complete job database; reads all of it."""
    if fault := find_database_fault(database):
        raise _name_fault(database, fault)


def _name_fault(database: Path, fault: DatabaseFault) -> UnusableFile:
    """Returns the error for a fault of the job database."""
    return UnusableFile(f"the job database {database} {fault}")


def _begin_file(path: Path) -> Path:
    """Returns the path under which a file is written before it is complete.

    Raises FileExistsError when the file exists.
    """
    if path.exists():
        raise FileExistsError(f"{path} exists; name a new file")
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    return part


def _copy_rows(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> int:
    """Copies the readable rows of a table; returns their number."""
    count = 0
    for row in _read_rows(source, table):
        marks = ", ".join("?" * len(row))
        count += target.execute(f'INSERT OR IGNORE INTO "{table}" VALUES ({marks})', row).rowcount
    return count


def _read_rows(source: sqlite3.Connection, table: str) -> Iterator[tuple[Any, ...]]:
    """Yields the readable rows of a table in the order of their ids.

    Behind a row that cannot be read, it searches for the next one in steps that double.
    """
    last, step = 0, 1
    while last < MAX_ROW_ID:
        try:
            query = f'SELECT rowid, * FROM "{table}" WHERE rowid > ? ORDER BY rowid'
            for row_id, *row in source.execute(query, [last]):
                yield tuple(row)
                last, step = row_id, 1
            return
        except sqlite3.DatabaseError:
            last, step = min(last + step, MAX_ROW_ID), 2 * step


def _correct_objects(connection: sqlite3.Connection) -> None:
    """Notes every object that a job consists of, so that none is deleted as unneeded."""
    objects = [
        (job, image.uri)
        for job, campaign in connection.execute("SELECT id, campaign FROM cyclorama_jobs")
        for image in list_images(Campaign.FromString(campaign))
    ]
    for column in ("artifact", "manifest", "preview"):
        query = f"SELECT job, {column} FROM cyclorama_events WHERE {column} != ''"
        objects += connection.execute(query).fetchall()
    connection.executemany("INSERT OR IGNORE INTO cyclorama_objects VALUES (?, ?)", objects)


def _correct_jobs(connection: sqlite3.Connection) -> None:
    """Numbers the events of each job without gaps, and counts its ads by what they say.

    Claimed and retried ads that have not ended are put back into the queue, with a claim of no
    worker.
    """
    jobs = connection.execute("SELECT id, ads, claimed FROM cyclorama_jobs").fetchall()
    connection.execute("DELETE FROM cyclorama_claims")
    connection.execute("DELETE FROM cyclorama_retries")
    _correct_objects(connection)
    for job, ads, claimed in jobs:
        query = (
            "SELECT rowid, position, state FROM cyclorama_events WHERE job = ? ORDER BY sequence"
        )
        events = connection.execute(query, [job]).fetchall()
        # In this order no number is taken: none grows.
        numbered = [(number, event[0]) for number, event in enumerate(events, start=1)]
        connection.executemany("UPDATE cyclorama_events SET sequence = ? WHERE rowid = ?", numbered)
        latest = {position: state for _, position, state in events}
        lost = [
            (job, each, "")
            for each in range(min(claimed, ads))
            if latest.get(each) not in ENDED_ADS
        ]
        connection.executemany("INSERT INTO cyclorama_claims VALUES (?, ?, ?)", lost)
        states = Counter(latest.values())
        succeeded, _failed, cancelled = (states[state] for state in ENDED_ADS)
        counts = {
            "waiting": ads - sum(states[state] for state in ENDED_ADS),
            "succeeded": succeeded,
            "cancelled": cancelled,
        }
        state = derive_job_state(ads, has_begun=bool(events), **counts)
        columns = counts | {"events": len(events), "state": state, "places": max(ads, claimed)}
        assignments = ", ".join(f"{name} = ?" for name in columns)
        values = [*columns.values(), job]
        connection.execute(f"UPDATE cyclorama_jobs SET {assignments} WHERE id = ?", values)
