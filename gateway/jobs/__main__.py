"""python -m gateway.jobs backup FILE: copies the job database while the gateway runs."""

import argparse
import os
import sqlite3
import sys
from pathlib import Path

from gateway.database import VARIABLE
from gateway.database_check import find_database_path
from gateway.database_copies import (
    UnusableFile,
    back_up_database,
    check_database,
    repair_database,
    restore_database,
)
from gateway.settings import GatewaySettings


def main() -> None:
    """Runs the command line: checks, backs up, restores or repairs an SQLite job database."""
    arguments = _build_argument_parser().parse_args()
    database = find_database_path(arguments.database)
    if database is None:
        sys.exit(f"{VARIABLE} names no SQLite file; back Postgres up with pg_dump")
    try:
        _run_command(arguments.command, database, getattr(arguments, "file", None))
    except (UnusableFile, FileExistsError) as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{error.filename or database}: {error.strerror}")
    except sqlite3.Error as error:
        sys.exit(f"{database}: {error}")


def _run_command(command: str, database: Path, file: Path | None) -> None:
    """Runs one command on a database. file: the copy; None for the command check.

    Raises UnusableFile, OSError and sqlite3.Error.
    """
    if file is None:
        check_database(database)
        print(f"{database} is intact")
    elif command == "backup":
        back_up_database(database, file)
        print(f"{database} is copied to {file}")
    elif command == "restore":
        for path in restore_database(file, database):
            print(f"the old file is {path}")
        print(f"{database} is restored from {file}")
    else:
        rows = repair_database(database, file)
        print(f"{rows.get('cyclorama_jobs', 0)} jobs are copied to {file}")


def _build_argument_parser() -> argparse.ArgumentParser:
    """Returns the parser of the commands check, backup, restore and repair."""
    parser = argparse.ArgumentParser(prog="python -m gateway.jobs")
    default = os.environ.get(VARIABLE) or GatewaySettings.model_fields["database"].default
    parser.add_argument("--database", default=default, help=f"default: {VARIABLE}, or {default}")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="say what is wrong with the database")
    for name, meaning in {
        "backup": "copy the database to a new file; gateways may run",
        "restore": "put a copy in the place of the database, which is renamed",
        "repair": "copy what is readable of a corrupt database to a new file",
    }.items():
        commands.add_parser(name, help=meaning).add_argument("file", type=Path)
    return parser


if __name__ == "__main__":
    main()
