"""The commands `up`, which runs all services and the page until Ctrl-C, and `open`."""

import shlex
import sys
import webbrowser
from collections.abc import Mapping
from typing import Annotated
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import typer

from cyclorama.cli.doctor import group_stages, has_services, read_make_settings
from cyclorama.cli.local_services import INSTALL
from cyclorama.cli.output import console
from cyclorama.stages import STAGES

# Settings where neither the environment nor a file .env says anything else. Draining and stopping
# take a second more than the grace period; a process is killed after 5.
DEFAULTS = {"CYCLORAMA_LOG_FORMAT": "text", "CYCLORAMA_GRACE_SECONDS": "3"}
# Starts a process again that ends, unless it says that its settings are wrong.
RESTART = "while {command}; [ $? -ne 1 ]; do sleep 1; done; exit 1"
PAGE = "http://127.0.0.1:50080"
# Time limit for the page, which answers at once.
PAGE_SECONDS = 5


def run_all_services() -> None:
    """Runs all services and the page of this machine until Ctrl-C; restarts those that crash.

    They read the environment and a file .env in this folder. They come with
    cyclorama-services[local].
    """
    if not has_services():
        raise ValueError(INSTALL)
    from cyclorama.cli.service_processes import run_processes  # Here: it needs honcho.

    settings = DEFAULTS | read_make_settings()
    run_processes(list_commands(settings), settings | share_model(settings))


def list_commands(settings: Mapping[str, str]) -> dict[str, str]:
    """Returns the commands of all services and the page, for the shell, by name."""
    # The process of compositing serves finishing.
    stages = [group[0] for group in group_stages(settings, STAGES[:-1])]
    modules = {stage: f"services.{stage}" for stage in stages}
    modules |= {"gateway": "gateway", "page": "cyclorama.web"}
    python = shlex.quote(sys.executable)
    return {
        name: RESTART.format(command=f"{python} -m {module}") for name, module in modules.items()
    }


def share_model(settings: Mapping[str, str]) -> dict[str, str]:
    """Returns settings by which one process serves both stages of a diffusion model.

    Empty where each stage has its own process.
    """
    if all(len(group) == 1 for group in group_stages(settings, STAGES[:-1])):
        return {}
    name = "CYCLORAMA_GATEWAY_BACKGROUND_ADDRESS"
    return {
        "CYCLORAMA_BACKGROUND_SERVE_INPAINTING": "true",
        "CYCLORAMA_GATEWAY_INPAINTING_ADDRESS": settings.get(name, "127.0.0.1:50052"),
    }


def open_page(
    url: Annotated[str, typer.Option(metavar="URL", help="Address of the page.")] = PAGE,
) -> None:
    """Opens the page of running services in the browser, and prints its address."""
    try:
        urlopen(url, timeout=PAGE_SECONDS).close()
    except HTTPError:
        # It answers, such as with a request to log in.
        pass
    except (URLError, TimeoutError, ConnectionError):
        text = f"no page answers at {url}; `cyclorama up` starts it with all services"
        raise ValueError(text) from None
    console.print(url, soft_wrap=True, markup=False)
    webbrowser.open(url)
