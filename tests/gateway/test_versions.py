"""Stores that another version wrote: recognized at start, never misread, never changed."""

import sqlite3
from contextlib import closing

import pytest

from gateway.artifacts import Artifacts
from gateway.callers.usage import Usage
from gateway.database import SCHEMA_VERSION, open_database
from gateway.jobs.jobs import warn_of_other_versions
from gateway.jobs.leases import Leases
from gateway.jobs.ledger import Ledger
from gateway.jobs.retention import tidy


def opened(path) -> Ledger:
    address = f"sqlite:///{path}"
    return Ledger(open_database(address), open_database(address, writes_first=True))


def dump(path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def change(path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


@pytest.fixture
def database(tmp_path):
    opened(tmp_path / "jobs.db")
    return tmp_path / "jobs.db"


def test_a_database_of_this_version_opens_again(database):
    assert opened(database).counts() == {}


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("DROP TABLE cyclorama_schema", 1),
        (f"UPDATE cyclorama_schema SET version = {SCHEMA_VERSION + 1}", SCHEMA_VERSION + 1),
    ],
)
@pytest.mark.parametrize(
    "opens",
    [
        opened,
        lambda path: Usage(open_database(f"sqlite:///{path}", writes_first=True)),
        lambda path: Leases(
            open_database(f"sqlite:///{path}", writes_first=True), "gateway", print
        ),
    ],
    ids=["ledger", "usage", "leases"],
)
def test_a_database_of_another_version_is_refused_and_left_as_it_is(
    database, statement, found, opens
):
    change(database, statement)
    before = dump(database)
    with pytest.raises(SystemExit, match=f"has schema {found}, and this .* needs {SCHEMA_VERSION}"):
        opens(database)
    assert dump(database) == before


async def test_what_another_version_kept_is_warned_of_and_never_dropped(tmp_path, capsys):
    old = tmp_path / "artifacts" / "objects" / "ab" / "abcd"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"an object of the first version")
    artifacts = Artifacts(str(tmp_path / "artifacts"))
    key = await artifacts.put(b"an object of this one")
    await warn_of_other_versions(artifacts)
    assert "objects" in capsys.readouterr().out
    await tidy(opened(tmp_path / "jobs.db"), artifacts, days=0, gib=0)
    assert old.read_bytes() == b"an object of the first version"
    assert [each.name for each in await artifacts.list()] == []
    assert await artifacts.read(key) is None
