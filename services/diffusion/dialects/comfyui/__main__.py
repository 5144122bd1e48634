"""Checks a workflow: python -m services.diffusion.dialects.comfyui FILE [--server URL]

Prints the result as one line of JSON, for the command `cyclorama workflow check`.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import get_args

from services.diffusion.dialects.comfyui import ComfyUISettings
from services.diffusion.dialects.comfyui.api import open_api
from services.diffusion.dialects.comfyui.loading import WorkflowReport, inspect_file
from services.diffusion.dialects.comfyui.offers import find_server_problems
from services.diffusion.dialects.comfyui.tags import OUTPUT
from services.diffusion.dialects.comfyui.workflow import WorkflowProblem, describe_node
from services.diffusion.request import Purpose
from services.runtime.errors import ServiceError
from services.runtime.settings import ProcessSettings, build_settings_config


class WorkflowCheckSettings(ProcessSettings, ComfyUISettings):
    """The settings of this command: the credentials for the server."""

    model_config = build_settings_config("workflow")


def main() -> None:
    """Prints what a file contains and what is wrong with it, on a server too if one is named."""
    parser = argparse.ArgumentParser(description="Checks a workflow in API format.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--purpose", choices=get_args(Purpose), help="default: as its tags say")
    parser.add_argument("--server", default="", help="URL of a server, such as http://host:8188")
    arguments = parser.parse_args()
    report = inspect_file(arguments.file, arguments.purpose)
    problems = list(report.problems)
    if arguments.server:
        problems += _check_on_server(report, arguments.server)
    print(json.dumps(_report_to_json(report, problems)))


def _check_on_server(report: WorkflowReport, url: str) -> Sequence[WorkflowProblem]:
    """Returns what the server at a URL lacks for a workflow, or why it does not say."""
    if report.workflow is None:
        remedy = "check again after the other problems are fixed"
        return [WorkflowProblem("", "not compared with the server", remedy)]
    try:
        api = open_api(url.rstrip("/"), WorkflowCheckSettings.from_environment())
        return find_server_problems(report.workflow, api.read_node_class)
    except ServiceError as error:
        return [WorkflowProblem("", str(error), "then check again")]


def _report_to_json(
    report: WorkflowReport, problems: Sequence[WorkflowProblem]
) -> dict[str, object]:
    """Returns the result of a check as JSON values; problems: of the file, and on the server."""
    return {
        "able": not problems,
        "purpose": report.purpose,
        "sha256": report.workflow.digest if report.workflow else "",
        "tags": list(_list_tags(report)),
        "problems": [asdict(problem) for problem in problems],
        "advice": [asdict(advice) for advice in report.advice],
    }


def _list_tags(report: WorkflowReport) -> Iterator[dict[str, str]]:
    """Yields each tag of a workflow with the node in words, and the input that it sets."""
    for tagged in report.inputs:
        node = describe_node(tagged.node, report.graph[tagged.node])
        yield {"tag": tagged.tag, "node": node, "input": tagged.input}
    for node_id in report.outputs:
        node = describe_node(node_id, report.graph[node_id])
        yield {"tag": OUTPUT, "node": node, "input": ""}


if __name__ == "__main__":
    main()
