"""python -m gateway.callers new|list|limit|renew|revoke: edits the file of callers and tokens."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from gateway.callers.caller import Caller
from gateway.callers.command_values import (
    parse_caller_name,
    parse_changed_quota,
    parse_days,
    parse_quota,
    parse_scopes,
)
from gateway.callers.credentials import TokenEntry
from gateway.callers.credentials_editor import (
    add_caller,
    add_token,
    change_quotas,
    expire_tokens,
    read_callers,
    revoke_tokens,
)

QUOTAS = {
    "max_concurrent_calls": "concurrent calls at one gateway",
    "ads_per_day": "ads per day, from midnight UTC",
    "mib_per_day": "MiB of requests per day, from midnight UTC",
}
# Times are in UTC.
COLUMNS = ("caller", "scopes", "quotas", "token", "created", "expires (UTC)")


def main() -> None:
    """Runs the command line; an error of the file or of a name ends it with one sentence.

    A token is printed once, when it is made; the file stores only its hash.
    """
    arguments = _build_argument_parser().parse_args()
    if not arguments.file:
        sys.exit("name the file: --file callers.toml, or CYCLORAMA_GATEWAY_CALLERS")
    path = Path(arguments.file)
    try:
        arguments.run(path, arguments)
    except FileNotFoundError:
        sys.exit(f"{path}: there is no such file; `new NAME` creates it")
    except OSError as error:
        sys.exit(f"{path}: {(error.strerror or str(error)).lower()}")
    except ValueError as error:
        sys.exit(f"{path}: {error}")


def create_caller(path: Path, arguments: argparse.Namespace) -> None:
    """Adds a caller to the file and prints its first token."""
    add_caller(path, arguments.name, arguments.scopes, _select_quotas(arguments))
    _print_new_token(path, arguments)


def limit_caller(path: Path, arguments: argparse.Namespace) -> None:
    """Changes quotas of a caller and prints all that it has then."""
    if not (quotas := _select_quotas(arguments)):
        sys.exit("name a quota, such as --ads-per-day 100, or none in place of the number")
    print(f"{arguments.name}: {_format_quotas(change_quotas(path, arguments.name, quotas))}")


def list_callers(path: Path, arguments: argparse.Namespace) -> None:
    """Prints all callers and the ids of their tokens, as a table or as JSON."""
    tokens, callers = read_callers(path)
    own = {name: [token for token in tokens if token.caller == name] for name in callers}
    if arguments.json:
        described = [_describe_caller(callers[name], own[name]) for name in callers]
        print(json.dumps(described, indent=2))
        return
    rows = [COLUMNS, *(row for name in callers for row in _list_rows(callers[name], own[name]))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(map(str.ljust, row, widths)).rstrip())


def renew_token(path: Path, arguments: argparse.Namespace) -> None:
    """Prints another token for a caller; its older ones may then expire."""
    if arguments.old_days is not None:
        latest = _days_from_now(arguments.old_days)
        for token in expire_tokens(path, arguments.name, latest):
            print(f"token {token.id} expires at {latest.isoformat()}", file=sys.stderr)
    _print_new_token(path, arguments)


def revoke_access(path: Path, arguments: argparse.Namespace) -> None:
    """Revokes tokens of a caller, all or some, and prints their ids."""
    revoked = revoke_tokens(path, arguments.name, arguments.token)
    for token in revoked:
        print(f"revoked {token.id}")
    if not revoked:
        print(f"{arguments.name} has no tokens", file=sys.stderr)


def _select_quotas(arguments: argparse.Namespace) -> dict[str, float | None]:
    """Returns the quotas that the command line names."""
    return {name: getattr(arguments, name) for name in QUOTAS if name in arguments}


def _format_quotas(caller: Caller) -> str:
    """Returns the quotas of a caller as on the command line; "none" if it has none."""
    quotas = {name: getattr(caller, name) for name in QUOTAS}
    set_ones = (f"{name}={value:g}" for name, value in quotas.items() if value is not None)
    return ", ".join(set_ones) or "none"


def _print_new_token(path: Path, arguments: argparse.Namespace) -> None:
    """Adds a token to the file and prints it, with a hint on the standard error."""
    expires = _days_from_now(arguments.days) if arguments.days is not None else None
    print(add_token(path, arguments.name, expires))
    message = "store this token safely: only its hash is kept, and it is not shown again"
    print(message, file=sys.stderr)


def _days_from_now(days: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)


def _describe_caller(caller: Caller, tokens: Sequence[TokenEntry]) -> dict[str, Any]:
    """Returns a caller as JSON: its fields, and the id, dates and validity of each token."""
    now = datetime.now(UTC)
    described = [
        {"id": token.id, **token.model_dump(mode="json", include={"created", "expires"})}
        | {"valid": token.is_valid(now)}
        for token in tokens
    ]
    fields = caller.model_dump(mode="json") | {"scopes": sorted(caller.scopes)}
    return {**fields, "tokens": described}


def _list_rows(caller: Caller, tokens: Sequence[TokenEntry]) -> Iterator[tuple[str, ...]]:
    """Yields the rows of a caller in the table: one for each token, the first with its name."""
    first = (caller.name, ",".join(sorted(caller.scopes)), _format_quotas(caller))
    now = datetime.now(UTC)
    if not tokens:
        yield (*first, "none", "", "")
    for token in tokens:
        created = f"{token.created:%Y-%m-%d}" if token.created else "unknown"
        expires = f"{token.expires:%Y-%m-%d %H:%M}" if token.expires else "never"
        yield (*first, token.id, created, expires if token.is_valid(now) else "expired")
        first = ("", "", "")


def _build_argument_parser() -> argparse.ArgumentParser:
    """Returns the parser of the five commands; `run` of its result is the command's function."""
    parser = argparse.ArgumentParser(prog="python -m gateway.callers")
    default = os.environ.get("CYCLORAMA_GATEWAY_CALLERS", "")
    parser.add_argument("--file", default=default, help="default: CYCLORAMA_GATEWAY_CALLERS")
    commands = parser.add_subparsers(dest="command", required=True)
    new = commands.add_parser("new", help="add a caller and print its first token")
    show = commands.add_parser("list", help="list the callers and the ids of their tokens")
    limit = commands.add_parser("limit", help="change quotas of a caller")
    renew = commands.add_parser("renew", help="print another token for a caller")
    revoke = commands.add_parser("revoke", help="revoke tokens of a caller")
    new.set_defaults(run=create_caller)
    show.set_defaults(run=list_callers)
    limit.set_defaults(run=limit_caller)
    renew.set_defaults(run=renew_token)
    revoke.set_defaults(run=revoke_access)
    name = "name of the caller, the owner of its jobs"
    new.add_argument("name", type=parse_caller_name, help=name)
    for command in (limit, renew, revoke):
        command.add_argument("name", help=name)
    for command in (new, renew):
        expiry = "days until the token expires; default: never"
        command.add_argument("--days", type=parse_days, help=expiry)
    scopes = "comma-separated: create, read, admin"
    new.add_argument("--scopes", type=parse_scopes, default="create,read", help=scopes)
    _add_quotas(new, parse_quota)
    _add_quotas(limit, parse_changed_quota)
    show.add_argument("--json", action="store_true", help="print JSON")
    old_days = "days until the caller's older tokens expire, 0 for at once; default: unchanged"
    renew.add_argument("--old-days", type=parse_days, help=old_days)
    revoke.add_argument("token", nargs="*", help="id of a token, from `list`; default: all")
    return parser


def _add_quotas(
    command: argparse.ArgumentParser, parse: Callable[[str, str], float | None]
) -> None:
    """Adds an option for each quota, which the arguments lack unless it is given.

    parse: returns the value of a quota by its name and text.
    """
    for name, meaning in QUOTAS.items():
        command.add_argument(
            f"--{name.replace('_', '-')}",
            type=partial(parse, name),
            default=argparse.SUPPRESS,
            metavar="NUMBER",
            help=meaning,
        )


if __name__ == "__main__":
    main()
