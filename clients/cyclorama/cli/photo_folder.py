"""Finds the pictures that a campaign's file names in its folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PhotoFolder:
    """A folder to which the paths of a campaign's file are relative."""

    folder: Path

    def find_photos(self, name: str) -> Iterator[Path]:
        """Yields the photo of a path, or those of a folder; ValueError if there is none."""
        from cyclorama.formats import is_picture_path  # Here: --help starts faster.

        if not (path := self.folder / name).is_dir():
            yield self.find_picture(name)
            return
        photos = sorted(each for each in path.iterdir() if is_picture_path(each))
        if not photos:
            raise ValueError(f"{path}: contains no photos")
        yield from photos

    def find_picture(self, name: str) -> Path:
        """Returns the path of a file by its name; ValueError if there is none.

        Also finds a name whose accents are stored in another way (Unicode NFC or NFD), as when
        files come from a Mac, and one with the backslashes of Windows.
        """
        from unicodedata import normalize  # Here: only this function needs it.

        path = self.folder / name
        for candidate in (path, self.folder / name.replace("\\", "/")):
            if candidate.is_file():
                return candidate
            if not candidate.parent.is_dir():
                continue
            wanted = normalize("NFC", candidate.name)
            for found in candidate.parent.iterdir():
                if normalize("NFC", found.name) == wanted and found.is_file():
                    return found
        raise ValueError(f"{path}: No such file; paths are relative to the campaign's file")
