"""The file of an SQLite database: created once, and never again when it is deleted or replaced."""

import os
import sqlite3
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote
from weakref import WeakSet, WeakValueDictionary

import sqlalchemy as sa
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from gateway.database_failures import DatabaseFileLost

# Time that SQLite waits for another process to finish writing. Transactions here take
# milliseconds, so only a stuck process runs into it. Larger: calls fail later then; smaller: they
# also fail on a slow disk.
BUSY_TIMEOUT_SECONDS = 5.0

FileId = tuple[int, int]
"""Device and inode of a file, which another file of the same path does not have."""


class FileConnection(sqlite3.Connection):
    """A connection to an SQLite file; knows which file it is open on, and whether it is in use."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # None once it is closed.
        self.file_id: FileId | None = None
        self.is_in_use = False

    def close(self) -> None:
        """Closes the connection; it no longer counts as open on its file."""
        self.file_id = None
        super().close()


class SqliteFile:
    """Opens connections to one path, and detects that the file there is another one or none.

    SQLite continues on a deleted file as long as it is open, and two files of one name would share
    a write-ahead log. So no connection to a new file is opened before all those to the old one are
    closed; until then, and while there is no file, connecting fails with DatabaseFileLost.
    """

    def __init__(self, path: Path) -> None:
        """Creates the file when it is missing. path: absolute.

        Raises OSError or sqlite3.Error when it cannot be created.
        """
        self._path = path
        self._log_path = path.with_name(f"{path.name}-wal")
        # Of the file that connections were opened on last, and of its write-ahead log.
        self._file_id: FileId | None = None
        self._log_id: FileId | None = None
        self._connections: WeakSet[FileConnection] = WeakSet()
        self._lock = threading.Lock()
        if not path.exists():
            _create_file(path)

    def connect(self) -> FileConnection:
        """Opens a connection; raises DatabaseFileLost when the file is missing or another one."""
        with self._lock:
            file_id = _identify(self._path)
            if file_id is None:
                raise DatabaseFileLost("the file was deleted")
            if any(each.file_id not in (None, file_id) for each in self._connections):
                raise DatabaseFileLost("the file was replaced")
            self._set_aside_old_log(file_id)
            connection = sqlite3.connect(
                f"file:{quote(str(self._path))}?mode=rw",
                uri=True,
                timeout=BUSY_TIMEOUT_SECONDS,
                check_same_thread=False,
                factory=FileConnection,
            )
            connection.file_id = file_id
            connection.is_in_use = True
            self._connections.add(connection)
            return connection

    def watch_engine(self, engine: sa.Engine) -> None:
        """Checks the file whenever a connection of an SQLAlchemy engine is taken from its pool."""
        sa.event.listen(engine, "checkout", self._check_connection)
        sa.event.listen(engine, "checkin", self._release_connection)

    def _check_connection(
        self, connection: FileConnection, _entry: ConnectionPoolEntry, _proxy: object
    ) -> None:
        """Raises DisconnectionError, whereupon the pool connects again, when the file changed."""
        with self._lock:
            connection.is_in_use = True
            if self._is_lost(connection):
                connection.is_in_use = False
                self._close_idle_connections()
                raise DisconnectionError("the database file was deleted or replaced")

    def _release_connection(
        self, connection: FileConnection | None, _entry: ConnectionPoolEntry
    ) -> None:
        """Closes a connection that returns to its pool when the file changed meanwhile."""
        if connection is None:
            return
        with self._lock:
            connection.is_in_use = False
            if self._is_lost(connection):
                self._close_idle_connections()

    def _is_lost(self, connection: FileConnection) -> bool:
        """Returns whether the path names another file than the one that a connection is open on.

        The same applies to the write-ahead log, which exists while any connection is open.
        """
        log_id = _identify(self._log_path)
        self._log_id = self._log_id or log_id
        file_id = _identify(self._path)
        return file_id is None or connection.file_id != file_id or self._log_id != log_id

    def _close_idle_connections(self) -> None:
        """Closes the connections that are in their pools, which check them before they are used."""
        for connection in list(self._connections):
            if not connection.is_in_use:
                self._connections.discard(connection)
                with suppress(sqlite3.Error):
                    connection.close()

    def _set_aside_old_log(self, file_id: FileId) -> None:
        """Renames the write-ahead log of a file that was replaced: SQLite would apply it.

        file_id: of the file that connections are opened on from now on.
        """
        if self._file_id != file_id:
            if self._log_id and self._log_id == _identify(self._log_path):
                self._log_path.rename(self._log_path.with_name(f"{self._log_path.name}.old"))
            self._file_id, self._log_id = file_id, None
        elif not any(each.file_id for each in self._connections):
            # The last connection that closes deletes the log, the first one creates it.
            self._log_id = None


# All engines on one file share what is known of it.
_files: WeakValueDictionary[Path, SqliteFile] = WeakValueDictionary()


def open_file(path: Path) -> SqliteFile:
    """Returns the SqliteFile of a path, always the same one; the file is created if it is missing.

    Raises OSError or sqlite3.Error when it cannot be created.
    """
    path = path.absolute()
    file = _files.get(path)
    if file is None:
        file = _files[path] = SqliteFile(path)
    return file


def _create_file(path: Path) -> None:
    """Creates an SQLite database without tables, complete or not at all.

    An empty file of that name would be one that was truncated.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as folder:
        new = Path(folder) / path.name
        connection = sqlite3.connect(new)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.close()
        # Unlike a rename, a link never replaces the file of a gateway that starts as well.
        with suppress(FileExistsError):
            os.link(new, path)


def _identify(path: Path) -> FileId | None:
    """Returns device and inode of the file at a path; None when there is none."""
    try:
        # Three times as fast as the method of the path, and used twice for each transaction.
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
