"""Submits what a campaign file asks for; a line that is refused does not keep out the others."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import cyclorama


@dataclass(frozen=True)
class Entered:
    """A part of a campaign file: its job, or why there is none.

    prefix: of the names of its files. wishes: arguments of Jobs.submit.
    """

    prefix: str
    wishes: Mapping[str, Any]
    job: str = ""
    error: str = ""


def enter(
    client: "cyclorama.Client", prefix: str, wishes: Mapping[str, Any], request_id: str
) -> Entered:
    """Submits a part of a file; a line's own fault is noted, that of a whole file is raised.

    request_id: a UUID for the whole file, or nothing. A line gets one of its own from it and from
    all that shapes its ad, so that only lines that have changed are made again.
    """
    try:
        told = dict(wishes)
        photos, prompts = told.pop("photos"), told.pop("prompts")
        if request_id:
            told["request_id"] = _id_of_line(request_id, wishes) if prefix else request_id
        return Entered(prefix, wishes, job=client.jobs.submit(photos, prompts, **told).name)
    except (OSError, ValueError, cyclorama.CycloramaError) as error:
        if not prefix or (isinstance(error, cyclorama.CycloramaError) and not error.caller_can_fix):
            raise
        return Entered(prefix, wishes, error=str(error))


def refusal(entered: Entered) -> dict[str, Any]:
    """What `follow` reports of a job, for a line that was refused."""
    [photo], [prompt] = entered.wishes["photos"], entered.wishes["prompts"]
    size = entered.wishes.get("sizes", [None])[0]
    told = {"photo": str(photo), "file": None, "prompt": prompt, "size": size, "seed": None}
    ads = [told | {"state": "failed", "error": entered.error}]
    return {"job": None, "state": "failed", "stages": {}, "ads": ads}


def check_request_id(text: str) -> str:
    """A request id as it is; ValueError where it is none."""
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        raise ValueError(f"--request-id {text}: write a UUID, such as uuidgen makes") from None


def _id_of_line(request_id: str, wishes: Mapping[str, Any]) -> str:
    from cyclorama.operations import to_image

    [photo] = wishes["photos"]
    data = hashlib.sha256(to_image(photo).data).hexdigest()
    others = {name: value for name, value in wishes.items() if name != "photos"}
    return str(uuid5(UUID(request_id), json.dumps([photo.name, data, others], sort_keys=True)))
