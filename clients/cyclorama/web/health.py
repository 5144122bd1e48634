"""What of the services is missing, for the page: the diagnoses of `cyclorama doctor`."""

from collections.abc import Sequence
from typing import Any

from cyclorama.diagnoses import Diagnosis, diagnose_engines
from cyclorama.results import EngineStatus
from cyclorama.web.error_messages import STAGE_NAMES, format_sentence


def describe_health(engines: Sequence[EngineStatus]) -> dict[str, Any]:
    """Returns what is missing as JSON for the page.

    These are the stages without which no ad can be made, and for each warning and error what was
    found and what to do.

    engines: of all stages, as a gateway lists them. Those that are not set up are optional, and
    missing only where their stage has no other.
    """
    ready = {engine.stage for engine in engines if engine.ready}
    relevant = [
        engine
        for engine in engines
        if engine.ready or engine.configured or engine.stage not in ready
    ]
    diagnoses = [each for each in diagnose_engines(relevant) if each.state != "ok"]
    return {
        "kind": "health",
        "missing": [name for stage, name in STAGE_NAMES.items() if stage not in ready],
        "diagnoses": [_describe_diagnosis(diagnosis) for diagnosis in diagnoses],
    }


def _describe_diagnosis(diagnosis: Diagnosis) -> dict[str, str]:
    """Returns a diagnosis as JSON for the page, with the stage's name as the page has it."""
    stage, comma, engine = diagnosis.name.partition(", ")
    return {
        "name": f"{STAGE_NAMES[stage].capitalize()}{comma}{engine}",
        "state": diagnosis.state,
        "found": format_sentence(diagnosis.found),
        "advice": format_sentence(diagnosis.advice),
    }
