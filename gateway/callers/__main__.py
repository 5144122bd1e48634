"""python -m gateway.callers new NAME --scopes create,read: adds a caller and prints a token."""

import argparse
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.callers.credentials_editor import add_caller, add_token

QUOTAS = {
    "max_concurrent_calls": "concurrent calls at one gateway",
    "ads_per_day": "ads per day, from midnight UTC",
    "mib_per_day": "MiB of requests per day, from midnight UTC",
}


def main() -> None:
    """Runs the command line: adds a token to the credentials file, for a new or a known caller.

    Prints the token once; the file stores only its hash.
    """
    arguments = _build_argument_parser().parse_args()
    path, expires = Path(arguments.file), None
    if not arguments.file:
        sys.exit("name the file: --file callers.toml, or CYCLORAMA_GATEWAY_CALLERS")
    if arguments.days:
        expires = datetime.now(UTC).replace(microsecond=0) + timedelta(days=arguments.days)
    try:
        if arguments.command == "new":
            quotas = {name: getattr(arguments, name) for name in QUOTAS if getattr(arguments, name)}
            add_caller(path, arguments.name, arguments.scopes.split(","), quotas)
        print(add_token(path, arguments.name, expires))
    except (OSError, ValueError) as error:
        sys.exit(f"{path}: {error}")
    message = "store this token safely: only its hash is kept, and it is not shown again"
    print(message, file=sys.stderr)


def _build_argument_parser() -> argparse.ArgumentParser:
    """Returns the parser of the commands `new`, for a new caller, and `renew`, for a known one."""
    parser = argparse.ArgumentParser(prog="python -m gateway.callers")
    default = os.environ.get("CYCLORAMA_GATEWAY_CALLERS", "")
    parser.add_argument("--file", default=default, help="default: CYCLORAMA_GATEWAY_CALLERS")
    commands = parser.add_subparsers(dest="command", required=True)
    new = commands.add_parser("new", help="add a caller and print its first token")
    new.add_argument("--scopes", default="create,read", help="comma-separated: create, read, admin")
    for name, meaning in QUOTAS.items():
        new.add_argument(f"--{name.replace('_', '-')}", type=int, help=meaning)
    renew = commands.add_parser("renew", help="print another token for a caller")
    for command in (new, renew):
        command.add_argument("name", help="name of the caller, the owner of its jobs")
        command.add_argument(
            "--days", type=float, help="days until the token expires; default: never"
        )
    return parser


if __name__ == "__main__":
    main()
