"""Says in Content Credentials what an ad was made of: stages, engines, models and the photo."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cyclorama.v1 import finishing_pb2
from services.credentials.content import (
    ACTIONS_LABEL,
    LOCK_FIELD,
    LOCK_LABEL,
    PHOTO_LABEL,
    PHOTO_TITLE,
    RELATIONSHIP,
)
from services.runtime.source_types import GENERATIVE, SOURCE_TYPES, find_source_type

# Actions of the C2PA specification (2.2, section 18.15).
CREATED, EDITED, PLACED, CONVERTED = "c2pa.created", "c2pa.edited", "c2pa.placed", "c2pa.converted"
# What the stages do; that of the background comes first in any case.
ACTIONS = {"background": CREATED, "segmentation": EDITED, "compositing": PLACED}
# Name of the picture or color that a caller supplied in place of a background.
BACKDROP = "backdrop"
MODEL = "cyclorama.model"
GENERATOR = "Cyclorama"


@dataclass(frozen=True)
class Provenance:
    """What an ad was made of.

    stages: those that ran before finishing. photo_sha256: of its file, in hexadecimal; empty if
    unknown. photo_credentials: as archive_photo returns them; empty for none.
    credentials_left_out: whether the photo has some that the ad has no room for.
    """

    stages: Sequence[finishing_pb2.StageRun] = ()
    photo_sha256: str = ""
    photo_credentials: bytes = b""
    credentials_left_out: bool = False


def describe_provenance(
    provenance: Provenance, finishing: finishing_pb2.StageRun, *, generative: bool, lettered: bool
) -> dict[str, Any]:
    """Returns the manifest of an ad's Content Credentials, without its pixel lock.

    finishing: the run of this stage. generative: whether a model drew pixels of the ad. lettered:
    whether it has text or a logo of the caller.
    """
    has_photo = bool(provenance.photo_sha256 or provenance.photo_credentials)
    source = SOURCE_TYPES + find_source_type(generative=generative)
    actions = list(_list_actions(provenance.stages, has_photo, source))
    actions.append(_describe_run(finishing, EDITED if lettered else CONVERTED))
    manifest: dict[str, Any] = {
        "claim_generator_info": [{"name": GENERATOR}],
        "assertions": [{"label": ACTIONS_LABEL, "data": {"actions": actions}}],
    }
    if has_photo and not provenance.photo_credentials:
        manifest["ingredients"] = [_describe_photo(provenance.photo_sha256)]
    return manifest


def add_pixel_lock(manifest: Mapping[str, Any], lock_sha256: str) -> dict[str, Any]:
    """Returns a manifest with the hash of the pixel-lock certificate, in base64 as all of C2PA's.

    lock_sha256: in hexadecimal.
    """
    digest = base64.b64encode(bytes.fromhex(lock_sha256)).decode()
    lock = {"label": LOCK_LABEL, "data": {LOCK_FIELD: digest}}
    return {**manifest, "assertions": [*manifest["assertions"], lock]}


def _list_actions(
    stages: Sequence[finishing_pb2.StageRun], has_photo: bool, source: str
) -> Iterator[dict[str, Any]]:
    """Yields an action for each stage; the first one creates the ad, as C2PA requires.

    source: URL of the digital source type of the ad.
    """
    runs = sorted(stages, key=lambda run: ACTIONS.get(run.stage) != CREATED)
    if not runs or ACTIONS.get(runs[0].stage) != CREATED:
        runs = [finishing_pb2.StageRun(stage=BACKDROP, engine=GENERATOR), *runs]
    yield _describe_run(runs[0], CREATED) | {"digitalSourceType": source}
    for run in runs[1:]:
        action = ACTIONS.get(run.stage, EDITED)
        if action == PLACED and not has_photo:
            action = EDITED
        described = _describe_run(run, action)
        if action == PLACED:
            described.setdefault("parameters", {})["ingredientIds"] = [PHOTO_LABEL]
        if run.generative:
            described["digitalSourceType"] = SOURCE_TYPES + GENERATIVE
        yield described


def _describe_run(run: finishing_pb2.StageRun, action: str) -> dict[str, Any]:
    """Returns the action of a stage: its name, engine, version and model."""
    agent = {"name": run.engine} | ({"version": run.version} if run.version else {})
    described = {"action": action, "description": run.stage, "softwareAgent": agent}
    return described | ({"parameters": {MODEL: run.model}} if run.model else {})


def _describe_photo(sha256: str) -> dict[str, str]:
    """Returns the ingredient of a photo without credentials; named by its hash (RFC 6920)."""
    digest = base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip("=")
    return {
        "title": PHOTO_TITLE,
        "relationship": RELATIONSHIP,
        "label": PHOTO_LABEL,
        "instance_id": f"ni:///sha-256;{digest}",
    }
