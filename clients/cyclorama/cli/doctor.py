"""The command that looks at the machine and the services, and says what is missing for what."""

from collections.abc import Sequence
from dataclasses import asdict

import typer
from rich.markup import escape
from rich.table import Table

from cyclorama.cli.files import Gateway
from cyclorama.cli.machine import look_at_machine, settings
from cyclorama.cli.output import Json, console, print_json
from cyclorama.cli.running import look_at_services
from cyclorama.cli.symptoms import Symptom
from cyclorama.defaults import GATEWAY

SIGNS = {"ok": "[green]ok[/]", "note": "[yellow]--[/]", "bad": "[red]NO[/]"}


def doctor(as_json: Json = False, gateway: Gateway = GATEWAY) -> None:
    """Looks at this machine and the running services: what works, and what to do for the rest.

    Exits with 0 when an ad can be made, with 1 when not.
    """
    told = settings()
    machine, services = look_at_machine(told), look_at_services(gateway)
    able = not any(each.state == "bad" for each in services)
    if as_json:
        found = {"machine": machine, "services": services}
        lists = {place: [asdict(each) for each in all] for place, all in found.items()}
        print_json({"able": able, "gateway": gateway, **lists})
    else:
        _print("This machine", machine)
        _print(f"The services behind {escape(gateway)}", services)
        console.print("An ad can be made." if able else "No ad can be made; see NO above.")
    if not able:
        raise typer.Exit(1)


def _print(title: str, symptoms: Sequence[Symptom]) -> None:
    table = Table("", "", "", box=None, show_header=False, title=title, title_justify="left")
    for each in symptoms:
        advice = f"\n[dim]{escape(each.advice)}[/]" if each.advice else ""
        table.add_row(SIGNS[each.state], each.name, escape(each.found) + advice)
    console.print(table)
