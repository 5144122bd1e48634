"""Tests of stores that another version wrote: detected at start and left unchanged."""

import sqlite3
from contextlib import closing

import pytest

from gateway.artifacts import ArtifactStore
from gateway.callers.usage import QuotaUsage
from gateway.database import SCHEMA_VERSION, open_database
from gateway.jobs.leases import WorkerLeases
from gateway.jobs.ledger import JobLedger
from gateway.jobs.retention import delete_old_data
from gateway.jobs.service import warn_of_other_versions


def open_ledger(path) -> JobLedger:
    address = f"sqlite:///{path}"
    return JobLedger(open_database(address), open_database(address, begin_immediate=True))


def dump_database(path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def execute_statement(path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


@pytest.fixture
def database(tmp_path):
    open_ledger(tmp_path / "jobs.db")
    return tmp_path / "jobs.db"


def test_a_database_of_this_version_opens_again(database):
    assert open_ledger(database).count_jobs_by_state() == {}


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("DROP TABLE cyclorama_schema", 1),
        (f"UPDATE cyclorama_schema SET version = {SCHEMA_VERSION + 1}", SCHEMA_VERSION + 1),
    ],
)
@pytest.mark.parametrize(
    "open_store",
    [
        open_ledger,
        lambda path: QuotaUsage(open_database(f"sqlite:///{path}", begin_immediate=True)),
        lambda path: WorkerLeases(
            open_database(f"sqlite:///{path}", begin_immediate=True), "gateway"
        ),
    ],
    ids=["ledger", "usage", "leases"],
)
def test_a_database_of_another_version_is_rejected_and_left_unchanged(
    database, statement, found, open_store
):
    execute_statement(database, statement)
    before = dump_database(database)
    with pytest.raises(SystemExit, match=f"has schema {found}, and this .* needs {SCHEMA_VERSION}"):
        open_store(database)
    assert dump_database(database) == before


async def test_data_of_another_version_is_reported_and_never_deleted(tmp_path, capsys):
    old = tmp_path / "artifacts" / "objects" / "ab" / "abcd"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"an object of the first version")
    artifacts = ArtifactStore(str(tmp_path / "artifacts"))
    key = await artifacts.put_object(b"an object of this one")
    await warn_of_other_versions(artifacts)
    assert "objects" in capsys.readouterr().out
    await delete_old_data(open_ledger(tmp_path / "jobs.db"), artifacts, days=0, gib=0)
    assert old.read_bytes() == b"an object of the first version"
    assert [each.name for each in await artifacts.list_entries()] == []
    assert await artifacts.read_object(key) is None
