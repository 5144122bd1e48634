"""Jobs without their ads: lists those that match a filter, page by page, or loads one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

import sqlalchemy as sa

from cyclorama.v1 import ads_pb2, jobs_pb2
from gateway.jobs.events import count_ads_by_state, to_utc
from gateway.jobs.tables import EVENTS, JOBS, LABELS

# All but the campaign, which may be large.
BASIC_COLUMNS = tuple(column for column in JOBS.c if column is not JOBS.c.campaign)


@dataclass(frozen=True)
class JobFilter:
    """What the jobs of a list have in common.

    states: any of them; none for every state. created_from, created_before: when they were
    submitted, in UTC; None for any time. labels: all of them. owners: each of these is their
    caller, so that jobs of others are not found by their name.
    """

    states: Sequence[int] = ()
    created_from: datetime | None = None
    created_before: datetime | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    owners: Sequence[str] = ()

    @classmethod
    def from_request(cls, request: ads_pb2.ListJobsRequest, visible_owner: str | None) -> Self:
        """Returns the filter of a request.

        visible_owner: whose jobs its caller sees; None for those of all.
        """
        has_from, has_before = map(request.HasField, ("created_from", "created_before"))
        return cls(
            states=request.states,
            created_from=to_utc(request.created_from.ToDatetime()) if has_from else None,
            created_before=to_utc(request.created_before.ToDatetime()) if has_before else None,
            labels=request.labels,
            owners=tuple(filter(None, (request.owner, visible_owner))),
        )

    def build_conditions(self) -> list[sa.ColumnElement[bool]]:
        """Returns the conditions on the table JOBS."""
        conditions: list[sa.ColumnElement[bool]] = []
        if self.states:
            conditions.append(JOBS.c.state.in_(self.states))
        if self.created_from:
            conditions.append(JOBS.c.created >= self.created_from)
        if self.created_before:
            conditions.append(JOBS.c.created < self.created_before)
        conditions += [JOBS.c.owner == owner for owner in self.owners]
        for key, value in self.labels.items():
            has_label = (LABELS.c.key == key) & (LABELS.c.value == value)
            conditions.append(JOBS.c.id.in_(sa.select(LABELS.c.job).where(has_label)))
        return conditions


def select_jobs(
    connection: sa.Connection,
    conditions: Sequence[sa.ColumnElement[bool]],
    page_size: int,
) -> tuple[list[jobs_pb2.Job], int | None]:
    """Returns the newest jobs that meet conditions on the table JOBS, without their ads.

    page_size: most jobs to return. Also returns the number of the last one; None when no further
    job meets the conditions.
    """
    # One more than on the page: whether it exists says whether there is a next page.
    query = sa.select(*BASIC_COLUMNS).where(*conditions).order_by(JOBS.c.number.desc())
    rows = connection.execute(query.limit(page_size + 1)).all()
    ids = [row.id for row in rows[:page_size]]
    updated = _load_update_times(connection, ids)
    labels = _load_labels(connection, ids)
    jobs = [
        _job_from_row(row, updated.get(row.id, row.created), labels.get(row.id, {}))
        for row in rows[:page_size]
    ]
    return jobs, rows[page_size - 1].number if len(rows) > page_size else None


def _load_update_times(connection: sa.Connection, jobs: Sequence[str]) -> dict[str, datetime]:
    """Returns the time of the last event of each job that has one, by id of the job.

    jobs: ids of the jobs.
    """
    columns = EVENTS.c.job, sa.func.max(EVENTS.c.time).label("time")
    query = sa.select(*columns).where(EVENTS.c.job.in_(jobs)).group_by(EVENTS.c.job)
    return {row.job: row.time for row in connection.execute(query)}


def _load_labels(connection: sa.Connection, jobs: Sequence[str]) -> dict[str, dict[str, str]]:
    """Returns the labels of each job that has some, by id of the job.

    jobs: ids of the jobs.
    """
    labels: dict[str, dict[str, str]] = {}
    for row in connection.execute(sa.select(LABELS).where(LABELS.c.job.in_(jobs))):
        labels.setdefault(row.job, {})[row.key] = row.value
    return labels


def _job_from_row(row: sa.Row[Any], updated: datetime, labels: Mapping[str, str]) -> jobs_pb2.Job:
    """Returns a job, without its ads, as clients see it.

    row: the BASIC_COLUMNS of the job. updated: time of its last event.
    """
    counts = count_ads_by_state(
        row.ads, waiting=row.waiting, succeeded=row.succeeded, cancelled=row.cancelled
    )
    job = jobs_pb2.Job(
        name=f"jobs/{row.id}",
        owner=row.owner,
        state=row.state,
        counts=counts,
        display_name=row.display_name,
        labels=labels,
    )
    job.create_time.FromDatetime(to_utc(row.created))
    job.update_time.FromDatetime(to_utc(updated))
    return job
