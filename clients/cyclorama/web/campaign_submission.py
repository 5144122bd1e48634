"""Submits the campaigns of the page, each as one job or more."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid5

from cyclorama.async_client import AsyncClient
from cyclorama.errors import CycloramaError, NotFound
from cyclorama.job_results import JobReport
from cyclorama.web.campaign_forms import FormPlan, PlannedJob, RowError
from cyclorama.web.campaigns import CAMPAIGN_LABEL, PART_LABEL
from cyclorama.web.error_messages import ErrorMessage, explain_error
from cyclorama.web.placed_ads import PLACE_LABEL, REPLACES_LABEL, label_photo
from cyclorama.web.upload_errors import UploadError

# What is shown of the rows of a table that the gateway did not get.
NOT_SUBMITTED = "Not submitted: {reason}"
LOST_PHOTO = "Cyclorama keeps photos for a limited time."
# Rows of each list of errors that the page shows. More: a longer list than people read.
MAX_SHOWN = 100
# Rows of a table that the page can change. More: a longer list than people read.
MAX_EDITED = 200


async def submit_plan(client: AsyncClient, plan: FormPlan) -> FormPlan:
    """Submits the jobs of a plan in order; returns the plan with the rows that were rejected.

    A job that is at fault concerns its rows alone. Raises the error when nothing was submitted.
    """
    submitted, errors = list[PlannedJob](), list(plan.errors)
    for number, job in enumerate(plan.jobs):
        try:
            await _submit_job(client, plan, job, number)
            submitted.append(job)
        except (CycloramaError, ValueError, UploadError) as error:
            concerns_all = isinstance(error, CycloramaError) and not error.caller_can_fix
            is_last = number == len(plan.jobs) - 1
            if not submitted and (concerns_all or is_last):
                raise
            errors += _reject_jobs(plan.jobs[number:] if concerns_all else [job], error)
            if concerns_all:
                break
    return replace(plan, errors=sorted(errors, key=lambda each: each.line))


def plan_to_json(plan: FormPlan) -> dict[str, Any]:
    """Returns what the page shows of a plan as JSON: rows that are not made, and what is unused."""
    return {
        "kind": "plan",
        "id": plan.id.hex,
        "rows": sum(len(job.lines) for job in plan.jobs),
        "errors": [{"line": each.line, "text": each.text} for each in plan.errors[:MAX_SHOWN]],
        "error_count": len(plan.errors),
        "unused_columns": [name[:40] for name in plan.unused_columns[:MAX_SHOWN]],
        "unused_photos": list(plan.unused_photos[:MAX_SHOWN]),
        "unused_photo_count": len(plan.unused_photos),
        "cells": [dict(row.cells) for row in plan.rows] if _can_edit(plan) else [],
    }


def _can_edit(plan: FormPlan) -> bool:
    """Returns whether the page can show and write all rows of a table."""
    return len(plan.rows) <= MAX_EDITED and not any(row.error for row in plan.rows)


async def _submit_job(
    client: AsyncClient, plan: FormPlan, job: PlannedJob, number: int
) -> JobReport:
    """Submits a job of a plan; the same plan submits it once. number: of the job in the plan.

    Raises UploadError for a photo that is no longer kept.
    """
    try:
        return await client.jobs.submit(
            job.photos,
            job.prompts,
            request_id=str(uuid5(plan.id, str(number))),
            display_name=plan.name,
            labels=_label_job(plan, number),
            **job.arguments,
        )
    except NotFound as error:
        names = [photo.name for photo in job.photos if photo.image.uri in error.text]
        title = f"{names[0] if names else 'A photo'} is no longer kept"
        message = ErrorMessage(title, LOST_PHOTO, "Remove it, and add it again.")
        raise UploadError(404, message) from error


def _label_job(plan: FormPlan, number: int) -> dict[str, str]:
    """Returns the labels of a job of a plan; number: of the job in the plan."""
    part = {PART_LABEL: f"{number:04}"}
    if plan.place:
        campaign, replaced = plan.place.campaign, {PLACE_LABEL: str(plan.place.number)}
    elif plan.replacement:
        campaign = plan.replacement.campaign
        replaced = {REPLACES_LABEL: label_photo(plan.replacement.photo)}
    else:
        campaign, replaced = plan.id, {}
    return {CAMPAIGN_LABEL: campaign.hex, **part, **replaced}


def _reject_jobs(jobs: Sequence[PlannedJob], error: Exception) -> list[RowError]:
    """Returns the error of each row of jobs that were not submitted."""
    message = error.message if isinstance(error, UploadError) else explain_error(error)
    text = NOT_SUBMITTED.format(reason=message.text)
    return [RowError(line, text) for job in jobs for line in job.lines]
