"""Reads the forms that browsers post, without more than their share of disk and memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

from cyclorama.documents import read_json
from cyclorama.web.arrivals import Arrival
from cyclorama.web.upload_errors import build_busy_error, build_too_large_error, check_body_length
from cyclorama.web.uploads import Reservation, find_address

# Files that a form may have next to the photo, by the names of the client's arguments.
PICTURES = ("mask", "backdrop", "logo", "font_file")
# The largest form without its photo: enough for 20,000 characters of prompts in any script.
FORM_BYTES = 2**20


@dataclass(frozen=True)
class AdForm:
    """A posted form: its photo, the bytes of a file, and its options by name.

    memory: the reservation of its files' memory, which ends with the request. pictures: the bytes
    of other files, by the names in PICTURES.
    """

    photo: bytes
    options: dict[str, Any]
    memory: Reservation
    pictures: dict[str, bytes]


async def read_ad_form(request: Request) -> AdForm:
    """Reads a posted form of a photo, options in JSON, and the files in PICTURES that it has.

    Raises ValueError when one is missing or invalid, UploadError when the form is too large, has no
    length or finds no room, and ClientDisconnect when the browser has left.
    """
    async with open_form(request, max_files=1 + len(PICTURES), max_fields=1) as form:
        photo = form.get("photo")
        if photo is None or isinstance(photo, str):
            raise ValueError("there is no photo")
        options = read_options(form)
        files = find_pictures(form)
        memory = await reserve_photo_memory(request, photo, *files.values())
        pictures = {name: await file.read() for name, file in files.items()}
        return AdForm(await photo.read(), options, memory, pictures)


def find_pictures(form: FormData) -> dict[str, UploadFile]:
    """Returns the files of a form that are in PICTURES, by their names."""
    return {name: file for name in PICTURES if isinstance(file := form.get(name), UploadFile)}


async def read_options_form(request: Request) -> dict[str, Any]:
    """Reads a posted form of options in JSON, without files; raises as read_ad_form does."""
    async with open_form(request, max_files=0, max_fields=1) as form:
        return read_options(form)


def read_options(form: FormData) -> dict[str, Any]:
    """Returns the options in a form; raises ValueError when they are missing or invalid."""
    options_json = form.get("options")
    options = read_json(options_json) if isinstance(options_json, str) else None
    if not isinstance(options, dict):
        raise ValueError("there are no options")
    return options


async def reserve_photo_memory(request: Request, *files: UploadFile) -> Reservation:
    """Reserves the memory of a form's files until the end of the request.

    Raises UploadError when there is no room, ClientDisconnect when the browser has left meanwhile.
    """
    uploads = request.app.state.uploads
    size = sum(file.size or 0 for file in files)
    memory: Reservation = await uploads.reserve_memory(size, request.scope)
    if await request.is_disconnected():
        raise ClientDisconnect
    return memory


@asynccontextmanager
async def open_form(request: Request, max_files: int, max_fields: int) -> AsyncIterator[FormData]:
    """Reads a form, whose files are on disk above 1 MiB and are deleted at the end of the block.

    Raises UploadError as read_ad_form does.
    """
    state = request.app.state
    check_body_length(request.scope)
    with closing(state.uploads.arrivals.begin(find_address(request.scope))) as arrival:
        receive = _limit_body(request.receive, arrival, state.photo_mib)
        reader = Request(request.scope, receive)
        try:
            form = await reader.form(
                max_files=max_files, max_fields=max_fields, max_part_size=FORM_BYTES
            )
        except OSError as error:  # The folder of temporary files is full.
            raise build_busy_error() from error
        try:
            yield form
        finally:
            await form.close()


def _limit_body(receive: Receive, arrival: Arrival, photo_mib: int) -> Receive:
    """Returns `receive`, which raises UploadError for a body that is too large or makes way.

    photo_mib: the largest photo.
    """
    max_bytes = photo_mib * 2**20 + FORM_BYTES

    async def receive_limited() -> Message:
        """Receives the next part of the body."""
        message = await arrival.receive(receive)
        if arrival.size > max_bytes:
            raise build_too_large_error(photo_mib)
        return message

    return receive_limited
