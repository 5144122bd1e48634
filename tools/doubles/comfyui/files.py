"""The files of the double: uploads, outputs and temporary pictures, in memory."""

import posixpath
import re
from collections.abc import Iterator

FOLDERS = ("input", "output", "temp")


class FileStore:
    """The content of the folders input, output and temp, by subfolder and name."""

    def __init__(self) -> None:
        self.contents: dict[tuple[str, str, str], bytes] = {}

    def upload(
        self, folder: str, subfolder: str, name: str, data: bytes, overwrite: bool
    ) -> dict[str, str]:
        """Stores a file and returns its place; another file of that name gets a number."""
        stem, suffix = posixpath.splitext(name)
        for stored in [name, *(f"{stem} ({i}){suffix}" for i in range(1, len(self.contents) + 1))]:
            known = self.contents.get((folder, subfolder, stored))
            if overwrite or known in (None, data):
                break
        self.contents[folder, subfolder, stored] = data
        return {"name": stored, "subfolder": subfolder, "type": folder}

    def save_output(self, folder: str, prefix: str, data: bytes) -> dict[str, str]:
        """Stores a picture under the next number and returns its place."""
        subfolder, stem = posixpath.split(prefix)
        taken = [name for place, sub, name in self.contents if (place, sub) == (folder, subfolder)]
        numbers = [
            int(found[1])
            for name in taken
            if (found := re.match(rf"{re.escape(stem)}_(\d+)_", name))
        ]
        name = f"{stem}_{max(numbers, default=0) + 1:05}_.png"
        self.contents[folder, subfolder, name] = data
        return {"filename": name, "subfolder": subfolder, "type": folder}

    def find(self, path: str, folder: str = "input") -> bytes | None:
        """Returns the content of subfolder/name, with " [folder]" at its end if not `folder`."""
        if found := re.fullmatch(r"(.*) \[(input|output|temp)\]", path):
            path, folder = found.groups()
        return self.contents.get((folder, *posixpath.split(path)))

    def list_names(self, folder: str) -> Iterator[str]:
        """Yields the paths of all files in a folder."""
        return (
            posixpath.join(subfolder, name)
            for place, subfolder, name in self.contents
            if place == folder
        )
