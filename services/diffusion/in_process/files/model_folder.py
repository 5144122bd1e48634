"""A model's folder, read with limits: nothing outside it, no huge or deep JSON, no leaked paths."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.runtime.errors import EngineNotReady

# Of a configuration, and of the index of sharded weights. Real ones take up to 0.2 MB; larger:
# more memory for a file that may be hostile.
MAX_JSON_BYTES = 4_000_000
# Of a tokenizer's vocabulary as JSON: 2.4 MB for T5, 3.6 MB for CLIP.
MAX_TOKENIZER_BYTES = 8_000_000
# Brackets that begin a list or object in JSON, also within texts. CLIP's tokenizer has a pair for
# each of its 48,894 merges. Larger: a hostile file takes more time and memory, 60 bytes for each.
MAX_JSON_BRACKETS = 200_000
# Real ones have up to 5.
MAX_JSON_DEPTH = 20
# Of a text from a model's files in an error.
MAX_QUOTED_LETTERS = 80
# What Python may run, or import in place of a library.
CODE_SUFFIXES = (".py", ".pyc", ".so")
LFS_POINTER_START = b"version https://git-lfs"
DOWNLOAD_AGAIN = "download the model again"


@dataclass(frozen=True)
class ModelFolder:
    """A folder of a model's files.

    name: by which errors call the model.
    """

    path: Path
    name: str

    def refuse(self, problem: str, remedy: str = DOWNLOAD_AGAIN) -> EngineNotReady:
        """Returns the error that a model cannot be used."""
        return EngineNotReady(f"model {self.name}: {problem}; {remedy}")

    def refuse_missing(self, relative: str) -> EngineNotReady:
        """Returns the error that a file is missing, perhaps because a download is unfinished."""
        is_unfinished = any(map(is_partial_download, self._storage.rglob("*.*")))
        remedy = "its download is not finished, so continue it" if is_unfinished else DOWNLOAD_AGAIN
        return self.refuse(f"{quote(relative)} is missing", remedy)

    def has(self, relative: str) -> bool:
        """Whether the folder contains a file or folder."""
        return (self.path / relative).exists()

    def list_files(self, relative: str = "") -> list[str]:
        """Lists the names of the files directly in the folder, or in one below it, sorted."""
        try:
            names = sorted(os.listdir(self.path / relative))
        except OSError as error:
            raise self.refuse(
                f"{quote(relative) or 'its folder'} cannot be read", "check its permissions"
            ) from error
        return [name for name in names if (self.path / relative / name).is_file()]

    def find_file(self, relative: str) -> Path:
        """Returns the path of a file that is there and is part of this folder.

        Raises EngineNotReady if it is missing, a pointer of Git LFS, or a link to elsewhere.
        """
        path = self.path / relative
        try:
            if not path.is_file():
                raise self.refuse_missing(relative)
            if not self._is_within(path):
                raise self.refuse(
                    f"{quote(relative)} is a link out of its folder", "put a copy in its place"
                )
            with path.open("rb") as file:
                start = file.read(len(LFS_POINTER_START))
        except OSError as error:
            raise self.refuse(
                f"{quote(relative)} cannot be read", "check its permissions"
            ) from error
        if start == LFS_POINTER_START:
            raise self.refuse(
                f"{quote(relative)} is a pointer of Git LFS", "run git lfs pull in its folder"
            )
        return path

    def read_json(self, relative: str, max_bytes: int = MAX_JSON_BYTES) -> dict[str, Any]:
        """Reads a JSON object; raises EngineNotReady if the file is anything else."""
        path = self.find_file(relative)
        if path.stat().st_size > max_bytes:
            raise self.refuse(f"{quote(relative)} is larger than {max_bytes // 1_000_000} MB")
        try:
            text = path.read_bytes()
            if text.count(b"[") + text.count(b"{") > MAX_JSON_BRACKETS:
                raise self.refuse(f"{quote(relative)} has too many lists")
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self.refuse(f"{quote(relative)} is no valid JSON") from error
        if not isinstance(value, dict) or measure_depth(value) > MAX_JSON_DEPTH:
            raise self.refuse(f"{quote(relative)} is no JSON object of a model")
        return value

    @property
    def _storage(self) -> Path:
        """The folder that contains all files: this one, or that of a model in the hub's cache.

        There, a folder snapshots/<revision> consists of links into a folder blobs.
        """
        path = self.path.resolve()
        is_snapshot = path.parent.name == "snapshots" and (path.parents[1] / "blobs").is_dir()
        return path.parents[1] if is_snapshot else path

    def _is_within(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self._storage)


def check_no_code(folder: ModelFolder, places: Sequence[str]) -> None:
    """Raises EngineNotReady if there are files that Python may run.

    places: folders in which the libraries would find them, relative to the model's.
    """
    for place in filter(folder.has, places):
        for name in folder.list_files(place):
            if name.endswith(CODE_SUFFIXES):
                raise folder.refuse(
                    f"{quote(f'{place}/{name}'.lstrip('/'))} is code, which is never run",
                    "remove it if the model works without it",
                )


def is_partial_download(path: Path) -> bool:
    """Whether a file's suffix says that its download has not finished."""
    return path.suffix in {".incomplete", ".part", ".partial", ".crdownload", ".aria2"}


def quote(text: object) -> str:
    """Returns a text from a model's files so that it fits into an error."""
    visible = "".join(filter(str.isprintable, str(text)))
    return visible if len(visible) <= MAX_QUOTED_LETTERS else f"{visible[:MAX_QUOTED_LETTERS]}..."


def measure_depth(value: object) -> int:
    """Returns how deep JSON values are nested: 0 for a number, 1 for a list of numbers."""
    depth, level = 0, [value]
    while level := [inner for outer in level for inner in iterate_children(outer)]:
        depth += 1
    return depth


def iterate_children(value: object) -> Iterator[object]:
    """Yields the values directly in a JSON object or list; none for other values."""
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value
