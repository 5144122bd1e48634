"""Reads the form of a campaign: uploaded photos, options, and a table if there is one."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from json import dumps
from typing import Any
from uuid import UUID

from starlette.requests import Request

from cyclorama.campaign_tables import (
    ALIASES,
    CampaignPart,
    choose_seed,
    list_required_columns,
    list_unused_columns,
    read_table,
)
from cyclorama.campaign_values import clean_name
from cyclorama.pictures import UploadedImage
from cyclorama.sheets import SheetRow, parse_sheet
from cyclorama.web.form_options import (
    describe_clear_photo,
    read_campaign_arguments,
    read_photo_arguments,
    read_prompts,
)
from cyclorama.web.forms import (
    FORM_BYTES,
    PICTURES,
    find_pictures,
    open_form,
    read_options,
    reserve_photo_memory,
)
from cyclorama.web.uploaded_photos import UploadedPhotos

# What the scene of ads with a backdrop of the caller is called where the form does not say.
OWN_BACKDROP = "Own backdrop"
# Rows of a table. More: each may become a job of its own, and they take long to submit.
MAX_ROWS = 1000
# Ads of a campaign with a table: as many rows, each a job of at most as many ads as the contract
# allows.
MAX_NUMBER = 10_000_000


@dataclass(frozen=True)
class RowError:
    """A row of a table that cannot be made. line: where it begins, from 1."""

    line: int
    text: str


@dataclass(frozen=True)
class PlannedJob:
    """A job of a campaign. lines: of the rows of its table, none without a table."""

    photos: Sequence[UploadedImage]
    prompts: Sequence[str]
    arguments: Mapping[str, Any]
    lines: Sequence[int] = ()


@dataclass(frozen=True)
class FormPlan:
    """What a form asks for.

    id: chosen by the browser, so that a repeated submission starts nothing twice; that of the
    campaign, unless it replaces a photo or an ad of an earlier one. name: for people. jobs: in
    order. errors: rows that are not made. unused_columns: without a meaning. unused_photos: names
    of photos that no row names. replacement: of a photo; None without one. place: of the only ad,
    where it was edited; None without one. rows: of the table, as it has them.
    """

    id: UUID
    name: str
    jobs: Sequence[PlannedJob]
    errors: Sequence[RowError] = ()
    unused_columns: Sequence[str] = ()
    unused_photos: Sequence[str] = ()
    replacement: "Replacement | None" = None
    place: "AdPlace | None" = None
    rows: Sequence[SheetRow] = ()


@dataclass(frozen=True)
class Replacement:
    """A photo of a campaign that another one replaces.

    campaign: its id. photo: SHA-256 of the replaced one. uri: of the new one, among the photos.
    """

    campaign: UUID
    photo: str
    uri: str


@dataclass(frozen=True)
class AdPlace:
    """The place of an ad in a campaign. campaign: its id. number: of the ad in it, from 0."""

    campaign: UUID
    number: int


async def read_form_plan(request: Request) -> FormPlan:
    """Reads a posted form with options in JSON and, optionally, a table; returns what it asks for.

    Raises ValueError for a form that is incomplete or invalid as a whole, and UploadError as
    open_form does.
    """
    async with open_form(request, max_files=1 + len(PICTURES), max_fields=1) as form:
        options, table, files = read_options(form), form.get("table"), find_pictures(form)
        await reserve_photo_memory(request, *files.values())
        # A mask corrects the cut-out of one photo.
        pictures = {name: await file.read() for name, file in files.items() if name != "mask"}
        if table is None or isinstance(table, str):
            plan = _plan_photos(options, pictures)
        elif (table.size or 0) > FORM_BYTES:
            raise ValueError(f"{table.filename}: has more than {FORM_BYTES >> 20} MiB")
        else:
            plan = plan_table(options, await table.read(), table.filename or "table", pictures)
        return mark_clear_photos(keep_replaced_photo(plan, options), options)


def _plan_photos(options: Mapping[str, Any], pictures: Mapping[str, bytes]) -> FormPlan:
    """Returns the plan of a form without a table: every photo in every scene.

    pictures: files of the form, by the names of the client's arguments.
    """
    photos, place = UploadedPhotos.from_json(options.get("photos")).photos, _read_place(options)
    arguments = {**read_campaign_arguments(options), **pictures}
    if place:
        # They are about one photo.
        sizes = arguments.get("sizes")
        arguments |= read_photo_arguments(options, sizes[0] if sizes else None)
    job = PlannedJob(photos, _list_scenes(options, arguments), arguments)
    if place and _count_ads(job) != 1:
        raise ValueError("place: send one photo, one scene and one size")
    name = clean_name(str(options.get("name") or ""))
    return FormPlan(_read_id(options), name, [job], place=place)


def _count_ads(job: PlannedJob) -> int:
    sizes, variants = job.arguments.get("sizes") or [None], job.arguments.get("variants")
    return len(job.photos) * len(job.prompts) * len(sizes) * int(variants or 1)


def plan_table(
    options: Mapping[str, Any], data: bytes, name: str, pictures: Mapping[str, bytes]
) -> FormPlan:
    """Returns the plan of a form with a table, whose cells precede the options.

    data: the bytes of the table. name: of its file, with which errors begin. pictures: files of
    the form, by the names of the client's arguments.
    """
    photos = UploadedPhotos.from_json(options.get("photos"))
    arguments = {**read_campaign_arguments(options), **pictures}
    prompts = _list_scenes(options, arguments)
    defaults = {"prompt": prompts} if prompts else {}
    rows = list(_read_rows(data, name, defaults))
    parts = list(read_table(rows, photos, {}, defaults))
    replacement = _read_replacement(options)
    campaign = replacement.campaign if replacement else _read_id(options)
    # One seed for all, so that rows with the same scene share it.
    shared = {"seed": choose_seed(campaign.hex), **arguments}
    used = {photo.image.uri for part in parts for photo in part.photos}
    return FormPlan(
        _read_id(options),
        clean_name(str(options.get("name") or "")),
        list(_group_rows([part for part in parts if not part.error], shared, prompts)),
        [_read_row_error(part) for part in parts if part.error],
        list_unused_columns(rows),
        [photo.name for photo in photos.photos if photo.image.uri not in used],
        rows=rows,
    )


def keep_replaced_photo(plan: FormPlan, options: Mapping[str, Any]) -> FormPlan:
    """Returns a plan with the ads of the photo alone that replaces another one, if one does."""
    replacement = _read_replacement(options)
    if replacement is None:
        return plan
    jobs = [
        replace(job, photos=[photo])
        for job in plan.jobs
        for photo in job.photos
        if photo.image.uri == replacement.uri
    ]
    return replace(plan, jobs=jobs, errors=(), unused_photos=(), replacement=replacement)


def mark_clear_photos(plan: FormPlan, options: Mapping[str, Any]) -> FormPlan:
    """Returns a plan in which the scene shows through the products that the form says it of."""
    clear = UploadedPhotos.from_json(options.get("photos")).clear

    def mark(job: PlannedJob) -> PlannedJob:
        """Returns a job with an override for each of its photos whose product is clear."""
        uris = [photo.image.uri for photo in job.photos if photo.image.uri in clear]
        if not uris:
            return job
        overrides = list(map(describe_clear_photo, uris))
        return replace(job, arguments={**job.arguments, "overrides": overrides})

    return replace(plan, jobs=list(map(mark, plan.jobs)))


def _list_scenes(options: Mapping[str, Any], arguments: Mapping[str, Any]) -> list[str]:
    """Returns the scenes of a form; a backdrop takes the place of their description."""
    prompts = read_prompts(options)
    return [OWN_BACKDROP] if not prompts and arguments.get("backdrop") else prompts


def _read_rows(data: bytes, name: str, defaults: Mapping[str, Any]) -> Iterator[SheetRow]:
    """Yields the rows of a table; raises ValueError for one without rows or with too many."""
    rows = list(
        islice(parse_sheet(data, name, list_required_columns({}, defaults), ALIASES), MAX_ROWS + 1)
    )
    if not rows:
        raise ValueError(f"{name}: has no line below its headings")
    if len(rows) > MAX_ROWS:
        raise ValueError(f"{name}: has more than {MAX_ROWS:,} rows; split it")
    return iter(rows)


def _group_rows(
    parts: Sequence[CampaignPart[UploadedImage]],
    shared: Mapping[str, Any],
    prompts: Sequence[str],
) -> Iterator[PlannedJob]:
    """Yields a job for all rows that differ in their photo only, in the order of the first ones.

    shared: arguments of rows that do not have their own. prompts: scenes of the form; a row with
    another one has no use for the form's backdrop.
    """
    groups: dict[str, list[CampaignPart[UploadedImage]]] = defaultdict(list)
    for part in parts:
        groups[dumps([part.prompts, part.arguments], sort_keys=True, default=str)].append(part)
    for group in groups.values():
        unused = () if list(group[0].prompts) == list(prompts) else ("backdrop",)
        common = {name: value for name, value in shared.items() if name not in unused}
        yield PlannedJob(
            # A row that is there twice is made once.
            list({part.photos[0].image.uri: part.photos[0] for part in group}.values()),
            group[0].prompts,
            {**common, **group[0].arguments},
            [part.line for part in group],
        )


def _read_row_error(part: CampaignPart[UploadedImage]) -> RowError:
    text = part.error.removeprefix(f"line {part.line}: ")
    return RowError(part.line, text.replace("prompt is empty", "scene is empty"))


def _read_replacement(options: Mapping[str, Any]) -> Replacement | None:
    """Returns the photo that a form replaces, if it does; raises ValueError when it is invalid."""
    sent = options.get("replacement")
    if not isinstance(sent, Mapping):
        return None
    photo, uri = str(sent.get("photo", "")), str(sent.get("uri", ""))
    if not re.fullmatch("[0-9a-f]{64}", photo) or not uri:
        raise ValueError("replacement: name a photo by its SHA-256, and the uri of the new one")
    return Replacement(_read_id(sent), photo, uri)


def _read_place(options: Mapping[str, Any]) -> AdPlace | None:
    """Returns the place of an ad that was edited, if a form has one; ValueError when invalid."""
    sent = options.get("place")
    if not isinstance(sent, Mapping):
        return None
    number = sent.get("number")
    if type(number) is not int or not 0 <= number < MAX_NUMBER:
        raise ValueError("place: number: send that of an ad in the campaign, from 0")
    return AdPlace(_read_id(sent), number)


def _read_id(options: Mapping[str, Any]) -> UUID:
    """Returns the id of a campaign; raises ValueError when it is no UUID."""
    try:
        return UUID(str(options.get("id")))
    except ValueError:
        raise ValueError("id: send a UUID") from None
