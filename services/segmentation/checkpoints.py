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
    """Returns the best checkpoint in a folder under its official name, or None."""
    return next((models / name for name in FILES.values() if (models / name).is_file()), None)


def download_checkpoint(
    model: str,
    models: Path,
    mirror: str = OFFICIAL_MIRROR,
    report_progress: ReportProgress = lambda received, total: None,
) -> Path:
    """Downloads the checkpoint of a model into a folder, unless it is there; returns its path.

    model: a key of FILES. mirror: URL of a folder with the files.

    Raises CheckpointDownloadError if the server cannot be reached or sends no such file or a
    different one.
    """
    name = FILES[model]
    path, part = models / name, models / f"{name}.part"
    if path.is_file():
        return path
    models.mkdir(parents=True, exist_ok=True)
    _download_with_retries(f"{mirror.rstrip('/')}/{name}", part, report_progress)
    if not _compute_sha256(part).startswith(name.removesuffix(".pth").rpartition("_")[2]):
        part.unlink()
        raise CheckpointDownloadError(
            f"what came for {name} is another file; check the mirror, then try again"
        )
    os.replace(part, path)
    return path


def _download_with_retries(url: str, part: Path, report_progress: ReportProgress) -> None:
    """Downloads a file, resuming after interruptions; raises CheckpointDownloadError."""
    # Imported here, since engines import this module only to look for files.
    import requests

    name = url.rpartition("/")[2]
    for _ in range(MAX_ATTEMPTS):
        try:
            if _resume_download(requests.get, url, part, report_progress):
                return
        except requests.HTTPError as error:
            status = "" if error.response is None else f" (status {error.response.status_code})"
            raise CheckpointDownloadError(
                f"the server has no {name}{status}; check the mirror"
            ) from error
        except requests.RequestException as error:
            if isinstance(error, requests.ConnectionError) and not part.exists():
                break
    raise CheckpointDownloadError(
        f"{name} could not be downloaded; check the connection and try again, set "
        f"CYCLORAMA_SEGMENTATION_MIRROR, or copy the file to {part.parent} yourself"
    )


def _resume_download(
    get: "Callable[..., requests.Response]", url: str, part: Path, report_progress: ReportProgress
) -> bool:
    """Continues a download from the end of its partial file; returns whether it is complete."""
    received = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={received}-"} if received else {}
    with get(url, headers=headers, stream=True, timeout=TIMEOUT_SECONDS) as response:
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return True
        response.raise_for_status()
        is_resumed = response.status_code == HTTPStatus.PARTIAL_CONTENT
        received = received if is_resumed else 0
        total = received + int(response.headers.get("Content-Length", 0))
        with part.open("ab" if is_resumed else "wb") as file:
            for chunk in response.iter_content(CHUNK_BYTES):
                received += file.write(chunk)
                report_progress(received, total)
    return received >= total


def _compute_sha256(path: Path) -> str:
    """Returns the SHA-256 of a file as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    """Downloads the model named on the command line, with a progress bar."""
    from rich.progress import DownloadColumn, Progress, TimeRemainingColumn

    parser = argparse.ArgumentParser(description="Downloads Segment Anything weights.")
    parser.add_argument("model", choices=FILES, nargs="?", default="vit_l")
    arguments, settings = parser.parse_args(), CheckpointSettings.from_environment()
    columns = (*Progress.get_default_columns()[:2], DownloadColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns) as progress:
            task = progress.add_task(FILES[arguments.model], total=None)
            path = download_checkpoint(
                arguments.model,
                settings.models,
                settings.mirror,
                lambda done, total: progress.update(task, completed=done, total=total or None),
            )
    except CheckpointDownloadError as error:
        raise SystemExit(str(error)) from None
    print(path)


if __name__ == "__main__":
    main()
