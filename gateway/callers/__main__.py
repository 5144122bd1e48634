"""python -m gateway.callers new NAME --scopes create,read: enters a caller and prints a token."""

import argparse
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.callers.entries import add_caller, add_token


def main() -> None:
    """Writes to the file of callers; the token is printed once and kept nowhere."""
    asked = _words().parse_args()
    path, expires = Path(asked.file), None
    if not asked.file:
        sys.exit("name the file: --file callers.toml, or CYCLORAMA_GATEWAY_CALLERS")
    if asked.days:
        expires = datetime.now(UTC).replace(microsecond=0) + timedelta(days=asked.days)
    try:
        if asked.command == "new":
            quotas = {name: getattr(asked, name) for name in QUOTAS if getattr(asked, name)}
            add_caller(path, asked.name, asked.scopes.split(","), quotas)
        print(add_token(path, asked.name, expires))
    except (OSError, ValueError) as error:
        sys.exit(f"{path}: {error}")
    print("keep this token safe: only its hash is kept, and it is not shown again", file=sys.stderr)


QUOTAS = {
    "calls_at_work": "calls at one gateway at once",
    "ads_per_day": "ads since midnight UTC",
    "mib_per_day": "MiB of requests since midnight UTC",
}


def _words() -> argparse.ArgumentParser:
    words = argparse.ArgumentParser(prog="python -m gateway.callers")
    default = os.environ.get("CYCLORAMA_GATEWAY_CALLERS", "")
    words.add_argument("--file", default=default, help="default CYCLORAMA_GATEWAY_CALLERS")
    commands = words.add_subparsers(dest="command", required=True)
    new = commands.add_parser("new", help="enter a caller and print its first token")
    new.add_argument("--scopes", default="create,read", help="of create, read and admin")
    for name, meaning in QUOTAS.items():
        new.add_argument(f"--{name.replace('_', '-')}", type=int, help=meaning)
    renew = commands.add_parser("renew", help="print one more token of a caller")
    for command in (new, renew):
        command.add_argument("name", help="of the caller, who owns jobs by it")
        command.add_argument("--days", type=float, help="that the token is valid; default for ever")
    return words


if __name__ == "__main__":
    main()
