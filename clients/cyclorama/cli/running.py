"""What the doctor sees of the running services: who answers, and which engines are ready."""

from collections.abc import Iterator

import cyclorama
from cyclorama.cli.access import connect
from cyclorama.cli.symptoms import Symptom
from cyclorama.cli.words import STAGES
from cyclorama.version import __version__

SECONDS = 10
START = "start it with `make up` or `docker compose up`, or name another with --gateway"


def look_at_services(gateway: str) -> list[Symptom]:
    """Asks a gateway for its version and for the engines of every stage."""
    with connect(gateway, timeout=SECONDS) as client:
        try:
            return [_version(client.version()), *_engines(client.engines())]
        except cyclorama.CycloramaError as error:
            advice = START if error.reason == "" else ""
            return [Symptom("gateway", "bad", error.text, advice)]


def _version(version: str) -> Symptom:
    if version == __version__:
        return Symptom("gateway", "ok", f"answers, version {version} like this client")
    advice = f"install version {version} of the client, or update the gateway"
    told = f"answers, version {version or 'unknown'}; this client is {__version__}"
    return Symptom("gateway", "note", told, advice)


def _engines(listed: "list[cyclorama.EngineStatus]") -> Iterator[Symptom]:
    for stage in STAGES:
        engines = [each for each in listed if each.stage == stage]
        ready = [each for each in engines if each.ready]
        if ready:
            yield Symptom(stage, "ok", f"{ready[0].name} makes it, version {ready[0].version}")
        else:
            reasons = "; ".join(f"{each.name}: {each.reason}" for each in engines)
            yield Symptom(stage, "bad", "no engine is ready", reasons)
        for each in engines:
            if ready and not each.ready:
                yield Symptom(f"{stage}, {each.name}", "note", "not ready", each.reason)
