"""Tests of the database's threads: one that stands still keeps neither callers nor the process."""

import asyncio
import subprocess
import sys
import threading
import time
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DisconnectionError, InvalidRequestError

from gateway import database_threads
from gateway.database import close_database, open_database
from gateway.database_postgres import SET_IN_SESSION, _adapt_to_pooler, open_postgres
from gateway.database_threads import (
    READERS,
    WRITERS,
    DaemonThreads,
    leave_database,
    read_database,
    work_on_database,
    write_database,
)
from gateway.jobs import leases
from gateway.jobs.leases import WorkerLeases
from services.runtime.errors import JobDatabaseUnavailable
from tests.support.waiting import wait_until

# Ends with calls in threads of the database, one of which ends the use of it.
ENDS_WHILE_CALLED = """
import asyncio, time
from gateway.database_threads import leave_database, write_database

async def main():
    call = asyncio.ensure_future(write_database(time.sleep, 60))
    await asyncio.sleep(0.1)
    assert not await leave_database(lambda: time.sleep(60), 0.1)
    call.cancel()

asyncio.run(main())
"""


@pytest.fixture
def standing_still(monkeypatch):
    """An event that calls may wait for; they are given little time."""
    monkeypatch.setattr(database_threads, "CALL_SECONDS", 0.2)
    event = threading.Event()
    yield event
    event.set()


async def test_calls_of_a_database_that_stands_still_end_in_time(standing_still):
    calls = [write_database(standing_still.wait) for _ in range(WRITERS + 3)]
    ends = asyncio.gather(*calls, return_exceptions=True)
    # Neither those that read nor other threads of the gateway wait for them.
    assert await read_database(lambda: "read") == "read"
    assert await asyncio.to_thread(lambda: "other") == "other"
    assert {type(each) for each in await ends} == {JobDatabaseUnavailable}


async def test_a_call_that_waited_too_long_for_a_thread_is_not_made(standing_still):
    made = []
    calls = [read_database(standing_still.wait) for _ in range(READERS)]
    ends = asyncio.gather(*calls, read_database(made.append, 1), return_exceptions=True)
    assert len(await ends) == READERS + 1
    standing_still.set()
    assert await work_on_database(lambda: "done") == "done"
    await asyncio.sleep(0.1)
    assert not made


async def test_a_pool_whose_new_connections_are_closed_is_an_outage(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path}/jobs.db")

    @sa.event.listens_for(engine, "checkout")
    def refuse(*_):
        raise DisconnectionError("closed")

    with pytest.raises(JobDatabaseUnavailable):
        await read_database(engine.connect)


async def test_leaving_the_database_does_not_wait_for_it(standing_still):
    assert await leave_database(lambda: None, 5)
    assert not await leave_database(standing_still.wait, 0.05)


def test_threads_start_when_they_are_needed():
    threads = DaemonThreads("named", 2)
    before = threading.active_count()
    for _ in range(5):
        assert threads.submit(lambda: threading.current_thread().name).result(5) == "named-1"
        time.sleep(0.01)
    assert threading.active_count() == before + 1


def test_a_process_ends_while_its_database_stands_still():
    start = time.monotonic()
    subprocess.run([sys.executable, "-c", ENDS_WHILE_CALLED], check=True, timeout=30)
    assert time.monotonic() - start < 20


def test_a_lease_is_renewed_after_any_error(tmp_path, monkeypatch):
    monkeypatch.setattr(leases, "HEARTBEAT_SECONDS", 0.01)
    engine = open_database(f"sqlite:///{tmp_path}/jobs.db", begin_immediate=True)
    errors = [InvalidRequestError("This connection is closed"), RuntimeError("unexpected")]
    checks = []

    def check_database():
        checks.append(1)
        if errors:
            raise errors.pop()

    opened = WorkerLeases(engine, "gateway", check_database)
    assert wait_until(lambda: len(checks) > 3, "a heartbeat after the errors")
    opened.close()
    close_database(engine)


def test_postgres_gets_no_settings_with_a_connection(monkeypatch):
    url = sa.make_url("postgresql+psycopg://user@host/jobs?options=-c%20search_path%3Dshop")
    engine = open_postgres(url.update_query_dict({"connect_timeout": "3"}), begin_immediate=True)
    given = {}
    monkeypatch.setattr(engine.dialect, "connect", lambda *_, **fields: given.update(fields))
    with pytest.raises(AttributeError):
        engine.connect()
    # PgBouncer refuses `options`.
    assert (given["options"], given["connect_timeout"]) == ("-c search_path=shop", "3")


@pytest.mark.parametrize("is_pooled", [False, True])
def test_a_session_of_a_pooler_gets_no_settings_and_no_prepared_statements(is_pooled):
    session = MagicMock()
    session.execute.return_value.fetchone.return_value = (7,)
    session.info.backend_pid, session.prepare_threshold = 8 if is_pooled else 7, 5
    entry = SimpleNamespace(info={})
    _adapt_to_pooler(session, entry)
    settings = [each.args[0] for each in session.execute.call_args_list[1:]]
    assert settings == ([] if is_pooled else [SET_IN_SESSION])
    assert session.prepare_threshold == (None if is_pooled else 5)
    assert entry.info["is_pooled"] is is_pooled
