"""Fetches Meta's Segment Anything weights: python -m services.segmentation.checkpoints vit_l

A download that breaks off goes on where it stopped; a file appears under its name only when its
content is what the name promises.
"""

import argparse
import hashlib
import os
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from pydantic import Field

from services.runtime.settings import ProcessSettings, build_settings_config

OFFICIAL = "https://dl.fbaipublicfiles.com/segment_anything"
# Each name ends in the first digits of the file's SHA-256. Best first: vit_h costs twice as much
# time as vit_l and is hardly better.
FILES = {
    "vit_l": "sam_vit_l_0b3195.pth",
    "vit_h": "sam_vit_h_4b8939.pth",
    "vit_b": "sam_vit_b_01ec64.pth",
}
ATTEMPTS = 5
SECONDS = 30
CHUNK = 1 << 16

Tell = Callable[[int, int], None]
"""Told of bytes that are there, and of bytes in all (0 when the server does not say)."""


class CheckpointSettings(ProcessSettings):
    """Where weights come from and where they are kept."""

    model_config = build_settings_config("segmentation")

    models: Path = Field(Path("models"), description="folder for downloaded weights")
    mirror: str = Field(OFFICIAL, description="address of a folder that holds the files")


class DownloadFailed(Exception):
    """No checkpoint came; the text says what to do."""


def find_checkpoint(models: Path) -> Path | None:
    """The best checkpoint that a folder holds under its official name, or None."""
    return next((models / name for name in FILES.values() if (models / name).is_file()), None)


def fetch(model: str, models: Path, mirror: str = OFFICIAL, tell: Tell = lambda *_: None) -> Path:
    """Returns the path of a model's checkpoint, downloading what of it is not there yet.

    Raises DownloadFailed when the server cannot be reached, has no such file or sends another one.
    """
    name = FILES[model]
    path, part = models / name, models / f"{name}.part"
    if path.is_file():
        return path
    models.mkdir(parents=True, exist_ok=True)
    _download(f"{mirror.rstrip('/')}/{name}", part, tell)
    if not _digest(part).startswith(name.removesuffix(".pth").rpartition("_")[2]):
        part.unlink()
        raise DownloadFailed(
            f"what came for {name} is another file; check the mirror, then try again"
        )
    os.replace(part, path)
    return path


def _download(url: str, part: Path, tell: Tell) -> None:
    # Only a download needs it, and the engines look here for files that are there.
    import requests

    name = url.rpartition("/")[2]
    for _ in range(ATTEMPTS):
        try:
            if _go_on(requests.get, url, part, tell):
                return
        except requests.HTTPError as error:
            status = error.response.status_code
            raise DownloadFailed(
                f"the server has no {name} (status {status}); check the mirror"
            ) from error
        except requests.RequestException as error:
            if isinstance(error, requests.ConnectionError) and not part.exists():
                break
    raise DownloadFailed(
        f"{name} could not be downloaded; check the connection and try again, set "
        f"CYCLORAMA_SEGMENTATION_MIRROR, or copy the file to {part.parent} yourself"
    )


def _go_on(get: Callable, url: str, part: Path, tell: Tell) -> bool:
    """Downloads from where the part ends; tells whether it is complete now."""
    there = part.stat().st_size if part.exists() else 0
    wish = {"Range": f"bytes={there}-"} if there else {}
    with get(url, headers=wish, stream=True, timeout=SECONDS) as answer:
        if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return True
        answer.raise_for_status()
        resumed = answer.status_code == HTTPStatus.PARTIAL_CONTENT
        there = there if resumed else 0
        total = there + int(answer.headers.get("Content-Length", 0))
        with part.open("ab" if resumed else "wb") as file:
            for chunk in answer.iter_content(CHUNK):
                there += file.write(chunk)
                tell(there, total)
    return there >= total


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    """Downloads the model named on the command line, with a progress bar."""
    from rich.progress import DownloadColumn, Progress, TimeRemainingColumn

    words = argparse.ArgumentParser(description="Fetches Segment Anything weights.")
    words.add_argument("model", choices=FILES, nargs="?", default="vit_l")
    asked, settings = words.parse_args(), CheckpointSettings.from_environment()
    columns = (*Progress.get_default_columns()[:2], DownloadColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns) as progress:
            task = progress.add_task(FILES[asked.model], total=None)
            path = fetch(
                asked.model,
                settings.models,
                settings.mirror,
                lambda there, total: progress.update(task, completed=there, total=total or None),
            )
    except DownloadFailed as error:
        raise SystemExit(str(error)) from None
    print(path)


if __name__ == "__main__":
    main()
