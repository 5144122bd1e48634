"""Manifests in any of the forms in which callers have them: text, parsed, in a file, of an Ad."""

import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from cyclorama.checks import check_path, check_text
from cyclorama.documents import read_json, read_text_file
from cyclorama.results import Ad

ManifestLike = str | Mapping[str, Any] | PathLike[str]
"""The JSON text of a manifest, its parsed form as in Ad.manifest, or the path of its .json file."""


def read_manifest_text(picture: object, manifest: ManifestLike | None) -> str:
    """Returns a manifest as JSON text.

    picture: the ad that it belongs to. manifest: None for that of an Ad, or for the .json file next
    to the path of one.

    Raises ValueError when there is none, OSError when its file cannot be read.
    """
    if manifest is None:
        if isinstance(picture, Ad):
            return picture.manifest_json
        if not isinstance(picture, (str, PathLike)):
            raise ValueError("manifest: pass the manifest that came with the picture")
        manifest = Path(picture).with_suffix(".json")
    if isinstance(manifest, Mapping):
        return json.dumps(manifest)
    if isinstance(manifest, str) and not manifest.endswith(".json"):
        return check_text(manifest, "manifest")
    return read_text_file(check_path(manifest, "manifest"))


def parse_manifest(manifest: ManifestLike | Ad) -> Mapping[str, Any]:
    """Returns a manifest as a mapping; raises ValueError when it is none."""
    if isinstance(manifest, Ad):
        return manifest.manifest
    if isinstance(manifest, Mapping):
        return manifest
    value = read_json(read_manifest_text(None, manifest))
    if not isinstance(value, Mapping):
        raise ValueError("this is no manifest of an ad: it is no JSON object")
    return value
