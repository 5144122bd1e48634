"""The page about other people's work that is installed with ours, from packages' own metadata."""

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata

from tools.lock import ALL, FOLDER, IMAGES
from tools.reference.tables import code, table

HEAD = """# Licences of others

What is installed with Cyclorama, from the locks in `deploy/locks/` and from what each package says
of itself; `make reference` writes this page anew. Cyclorama's own licence is for its owner to
choose; until there is a file `LICENSE`, none is granted.

Packages bring further work along inside their files, such as OpenCV its codecs and NumPy its
linear algebra; the terms of that lie beside each installed package, in its `licenses` folder or
its `LICENSE` files. Weights of models are not part of this list: see where you fetch them.

"""
# Beside the locks, with the extra sam.
UNLOCKED = ("segment-anything", "torch")
NAME = re.compile(r"^([a-z0-9][a-z0-9._-]*)==", re.MULTILINE)
# Packages whose metadata say nothing or too little, or that only other systems need; as of their
# own licence files.
KNOWN: Mapping[str, str] = {
    "colorama": "BSD-3-Clause",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "segment-anything": "Apache-2.0",
    "tzdata": "Apache-2.0",
}
LONGEST = 80


def page() -> str:
    """The whole page."""
    return HEAD + table(["package", "licence", "in the images"], rows())


def rows() -> Iterator[tuple[str, str, str]]:
    """Every package, its licence, and which images hold it."""
    held = {image: locked(image) for image in IMAGES}
    for name in sorted({*locked(ALL), *UNLOCKED}):
        images = [image for image, names in held.items() if name in names]
        yield code(name), licence_of(name), ", ".join(images) or "by request"


def locked(name: str) -> set[str]:
    """The packages in a lock."""
    return set(NAME.findall((FOLDER / f"{name}.txt").read_text()))


def licence_of(name: str) -> str:
    """An SPDX expression where the package gives one, else its own words; empty for neither."""
    if name in KNOWN:
        return KNOWN[name]
    try:
        return _said(metadata(name))
    except PackageNotFoundError:
        return ""


def _said(told: PackageMetadata) -> str:
    said = (told.get("License-Expression") or told.get("License") or "").strip()
    marks = [each for each in told.get_all("Classifier") or () if each.startswith("License ::")]
    names = ", ".join(mark.rpartition(" :: ")[2] for mark in marks)
    # Some put the whole text there.
    is_name = said and len(said) <= LONGEST and "\n" not in said
    return said if is_name else names or said.partition("\n")[0][:LONGEST]
