"""The commands for webhooks, `cyclorama webhooks`."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Any, cast

import typer
from rich.markup import escape
from rich.table import Column, Table

import cyclorama
from cyclorama.cli.connection import Gateway, complete_from_gateway, open_client
from cyclorama.cli.examples import format_examples
from cyclorama.cli.options import limit_number
from cyclorama.cli.output import Json, color_by_state, console, print_json
from cyclorama.defaults import GATEWAY

webhooks = typer.Typer(help="Shows and replays the gateway's webhooks.", no_args_is_help=True)
# Deliveries that `webhooks list` prints. More: longer lists.
MAX_DELIVERIES = 20
# Characters of the id of an event, which a terminal must not cut: it is copied into `replay`.
ID_LENGTH = 36


def complete_endpoints(incomplete: str) -> list[str]:
    """Returns names of endpoints for shell completion that start with what the user has typed."""
    return complete_from_gateway(
        lambda client: (each.name for each in client.webhooks.endpoints()), incomplete
    )


Endpoint = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Only deliveries to this endpoint.",
        autocompletion=complete_endpoints,
    ),
]


@webhooks.command("list", epilog=format_examples("webhooks list"))
def print_deliveries(
    state: Annotated[
        str,
        typer.Option(metavar="STATE", help="Only those that are waiting, delivered or failed."),
    ] = "",
    endpoint: Endpoint = "",
    limit: Annotated[
        int,
        typer.Option(
            metavar="NUMBER",
            callback=limit_number(1, 10_000),
            help="Deliveries to list, 1 to 10000.",
        ),
    ] = MAX_DELIVERIES,
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
) -> None:
    """Lists deliveries of events, newest first: attempts, last status, time of the next attempt."""
    with open_client(gateway) as client:
        matching = client.webhooks.list(cast(Any, state), endpoint=endpoint)
        found = list(islice(matching, limit + 1))
    listed = found[:limit]
    if as_json:
        return print_json([delivery_to_json(each) for each in listed])
    console.print(tabulate_deliveries(listed))
    if len(found) > limit:
        console.print(f"older ones are not listed; --limit {limit * 5} lists more")


@webhooks.command("replay", epilog=format_examples("webhooks replay"))
def replay_deliveries(
    delivery: Annotated[
        str, typer.Argument(metavar="[ID]", help="Of an event, such as msg_5f0c...")
    ] = "",
    failed: Annotated[bool, typer.Option("--failed", help="Only those that failed.")] = False,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
            metavar="TIME",
            help="Only events from this time on, in UTC, such as 2026-01-31T08:00.",
        ),
    ] = None,
    endpoint: Endpoint = "",
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
) -> None:
    """Delivers events once more: one, all that failed, or all since a time."""
    if not (delivery or failed or since):
        raise typer.BadParameter("name an ID, --failed or --since TIME")
    with open_client(gateway) as client:
        count = client.webhooks.replay(
            delivery, state="failed" if failed else "", since=since, endpoint=endpoint
        )
        if as_json:
            return print_json({"replayed": count})
        disabled = list_disabled_endpoints(client, endpoint)
    console.print(f"{count} {'delivery is' if count == 1 else 'deliveries are'} made once more")
    for name in disabled:
        console.print(
            f"{name} is disabled, and gets none; once its server accepts events, run "
            f"`cyclorama webhooks enable {name}` and replay once more",
            soft_wrap=True,
            markup=False,
        )


def list_disabled_endpoints(client: "cyclorama.Client", endpoint: str) -> list[str]:
    """Returns the names of disabled endpoints for which events failed.

    endpoint: only this one, given by its name; empty for all.
    """
    disabled = [each.name for each in client.webhooks.endpoints() if each.disabled]
    asked = (name for name in disabled if endpoint in ("", name))
    return [name for name in asked if any(client.webhooks.list("failed", endpoint=name))]


@webhooks.command("endpoints", epilog=format_examples("webhooks endpoints"))
def print_endpoints(
    check: Annotated[
        bool, typer.Option("--check", help="Have the gateway connect to each server.")
    ] = False,
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
) -> None:
    """Lists the endpoints of the gateway's file, and which are disabled or cannot be reached."""
    with open_client(gateway) as client:
        endpoints = client.webhooks.endpoints(check=check)
    if as_json:
        return print_json([endpoint_to_json(each) for each in endpoints])
    console.print(tabulate_endpoints(endpoints))


@webhooks.command("enable", epilog=format_examples("webhooks enable"))
def enable_endpoint(
    name: Annotated[
        str,
        typer.Argument(
            metavar="ENDPOINT",
            help="Name of the endpoint.",
            autocompletion=complete_endpoints,
        ),
    ],
    gateway: Gateway = GATEWAY,
) -> None:
    """Enables an endpoint that was disabled because its server responded 410."""
    with open_client(gateway) as client:
        client.webhooks.enable(name)
    console.print(f"{name} is enabled; `cyclorama webhooks replay --failed` sends what it missed")


def tabulate_deliveries(deliveries: "Iterable[cyclorama.WebhookDelivery]") -> Table:
    """Returns a table of deliveries for a terminal of 80 columns, two lines for each.

    The second one has the whole id, the reason, and the hour of the next attempt.
    """
    table = Table(
        Column("event", min_width=ID_LENGTH, overflow="fold"),
        *("state", "attempts", "last", "next, UTC"),
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for each in deliveries:
        about = f"{escape(each.type)} to {escape(each.endpoint)}\n[dim]{escape(each.id)}[/]"
        state = f"{color_by_state(each.state)}\n{escape(each.reason)}"
        due = f"{each.due:%m-%d}\n{each.due:%H:%M:%S}" if each.due and each.attempts else ""
        table.add_row(about, state, str(each.attempts), str(each.status or ""), due)
    return table


def tabulate_endpoints(endpoints: "Iterable[cyclorama.WebhookEndpointReport]") -> Table:
    """Returns a table of endpoints for a terminal: what they receive, what waits, what is wrong."""
    table = Table("endpoint", "waiting", "state", "events", box=None, pad_edge=False)
    for each in endpoints:
        state = color_by_state("fail", each.problem) if each.problem else "enabled"
        if each.disabled:
            state = color_by_state("warn", f"disabled since {each.disabled:%Y-%m-%d %H:%M}")
        table.add_row(escape(each.name), str(each.waiting), state, ", ".join(each.events))
    return table


def delivery_to_json(delivery: "cyclorama.WebhookDelivery") -> dict[str, Any]:
    """Returns a delivery as JSON, with its times in ISO 8601, null for none."""
    return _times_to_text(asdict(delivery))


def endpoint_to_json(endpoint: "cyclorama.WebhookEndpointReport") -> dict[str, Any]:
    """Returns an endpoint as JSON, with its time in ISO 8601, null for none."""
    return _times_to_text(asdict(endpoint))


def _times_to_text(fields: dict[str, Any]) -> dict[str, Any]:
    """Returns fields with text in place of times, which are in UTC."""
    return {
        name: value.replace(tzinfo=UTC).isoformat() if isinstance(value, datetime) else value
        for name, value in fields.items()
    }
