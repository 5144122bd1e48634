"""Downloads Segment Anything weights: python -m services.segmentation.checkpoints vit_l

An interrupted download resumes where it stopped. A file gets its official name only after its
checksum has been verified.
"""

import argparse
import hashlib
import os
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from services.runtime.settings import ProcessSettings, build_settings_config

if TYPE_CHECKING:
    import requests

OFFICIAL_MIRROR = "https://dl.fbaipublicfiles.com/segment_anything"
# Each name ends in the first digits of the file's SHA-256. Best first: vit_h takes twice the time
# of vit_l and is hardly better.
FILES = {
    "vit_l": "sam_vit_l_0b3195.pth",
    "vit_h": "sam_vit_h_4b8939.pth",
    "vit_b": "sam_vit_b_01ec64.pth",
}
# Requests before a download gives up. Each resumes, so more help on bad connections.
MAX_ATTEMPTS = 5
# Seconds without a byte after which a request is interrupted and resumed.
TIMEOUT_SECONDS = 30
# Bytes per read, 64 KiB. Larger: fewer updates of the progress bar.
CHUNK_BYTES = 1 << 16

ReportProgress = Callable[[int, int], object]
"""Receives the bytes downloaded so far and the total, which is 0 if the server does not send it."""


class CheckpointSettings(ProcessSettings):
    """Where model weights are downloaded from and stored."""

    model_config = build_settings_config("segmentation")

    models: Path = Field(Path("models"), description="folder for downloaded weights")
    mirror: str = Field(OFFICIAL_MIRROR, description="URL of a folder with the weights' files")


class CheckpointDownloadError(Exception):
    """A checkpoint could not be downloaded; the text says what to do."""


def find_checkpoint(models: Path) -> Path | None:
    """Returns the path of the best model's weights in the folder `models`; None without any."""
    return next((models / name for name in FILES.values() if (models / name).is_file()), None)


def download_checkpoint(
    model: str,
    models: Path,
    mirror: str = OFFICIAL_MIRROR,
    report_progress: ReportProgress = lambda received, total: None,
) -> Path:
    """Downloads the weights of a model into a folder, unless they are there; returns their path.

    model: "vit_l", "vit_h" or "vit_b".
    models: the folder, created if it is missing.
    mirror: URL of a folder on a server that has the files under their official names.
    report_progress: called after each chunk with the bytes received so far and the total, which is
        0 if unknown.

    Raises CheckpointDownloadError if the server cannot be reached or sends no such file or a
    different one.
    """
    name = FILES[model]
    path, partial_path = models / name, models / f"{name}.part"
    if path.is_file():
        return path
    models.mkdir(parents=True, exist_ok=True)
    _download_with_retries(f"{mirror.rstrip('/')}/{name}", partial_path, report_progress)
    # A name such as sam_vit_l_0b3195.pth ends in the first digits of the file's SHA-256.
    if not _compute_sha256(partial_path).startswith(name.removesuffix(".pth").rpartition("_")[2]):
        partial_path.unlink()
        raise CheckpointDownloadError(
            f"what came for {name} is another file; check the mirror, then try again"
        )
    os.replace(partial_path, path)
    return path


def _download_with_retries(url: str, partial_path: Path, report_progress: ReportProgress) -> None:
    """Downloads a file from a URL to `partial_path`, resuming after interruptions.

    report_progress: called after each chunk with the bytes received so far and the total.

    Raises CheckpointDownloadError if the server lacks the file, is unreachable at the first attempt
    or interrupts every attempt.
    """
    # Imported here, since engines import this module only to look for files.
    import requests

    name = url.rpartition("/")[2]
    for _ in range(MAX_ATTEMPTS):
        try:
            if _resume_download(requests.get, url, partial_path, report_progress):
                return
        except requests.HTTPError as error:
            status = "" if error.response is None else f" (status {error.response.status_code})"
            raise CheckpointDownloadError(
                f"the server has no {name}{status}; check the mirror"
            ) from error
        except requests.RequestException as error:
            # No byte has ever come: the address or the connection is wrong, so retries won't help.
            if isinstance(error, requests.ConnectionError) and not partial_path.exists():
                break
    raise CheckpointDownloadError(
        f"{name} could not be downloaded; check the connection and try again, set "
        f"CYCLORAMA_SEGMENTATION_MIRROR, or copy the file to {partial_path.parent} yourself"
    )


def _resume_download(
    get: "Callable[..., requests.Response]",
    url: str,
    partial_path: Path,
    report_progress: ReportProgress,
) -> bool:
    """Requests the missing rest of a file and appends it; returns whether the file is complete.

    get: requests.get. url: of the whole file. partial_path: what earlier requests have received;
    it may be missing.
    report_progress: called after each chunk with the bytes received so far and the total.

    Raises requests.HTTPError if the server refuses, and requests.RequestException if the
    connection fails.
    """
    received = partial_path.stat().st_size if partial_path.exists() else 0
    headers = {"Range": f"bytes={received}-"} if received else {}
    with get(url, headers=headers, stream=True, timeout=TIMEOUT_SECONDS) as response:
        # The server has no byte after those received: the file was complete already.
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return True
        response.raise_for_status()
        # A server without support for ranges sends the whole file, so it is written from the start.
        is_resumed = response.status_code == HTTPStatus.PARTIAL_CONTENT
        received = received if is_resumed else 0
        total = received + int(response.headers.get("Content-Length", 0))
        with partial_path.open("ab" if is_resumed else "wb") as file:
            for chunk in response.iter_content(CHUNK_BYTES):
                received += file.write(chunk)
                report_progress(received, total)
    return received >= total


def _compute_sha256(path: Path) -> str:
    """Returns the SHA-256 of the file at `path` as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    """Downloads the weights of the model named on the command line, and prints their path.

    Shows a progress bar. A failed download exits with the error's text, without a traceback.
    """
    # Imported here, since engines import this module only to look for files.
    from rich.progress import DownloadColumn, Progress, TimeRemainingColumn

    parser = argparse.ArgumentParser(description="Downloads Segment Anything weights.")
    parser.add_argument("model", choices=FILES, nargs="?", default="vit_l")
    arguments, settings = parser.parse_args(), CheckpointSettings.from_environment()
    # rich's first two default columns are the file's name and the bar.
    columns = (*Progress.get_default_columns()[:2], DownloadColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns) as progress:
            task = progress.add_task(FILES[arguments.model], total=None)
            path = download_checkpoint(
                arguments.model,
                settings.models,
                settings.mirror,
                # rich shows an indefinite bar for a total of None.
                lambda received, total: progress.update(
                    task, completed=received, total=total or None
                ),
            )
    except CheckpointDownloadError as error:
        raise SystemExit(str(error)) from None
    print(path)


if __name__ == "__main__":
    main()
