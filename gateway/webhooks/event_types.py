"""The types of events that webhooks report."""

from enum import StrEnum

from cyclorama.v1 import jobs_pb2


class EventType(StrEnum):
    """What happened: a job or an ad has ended."""

    JOB_SUCCEEDED = "job.succeeded"
    JOB_PARTIALLY_SUCCEEDED = "job.partially_succeeded"
    JOB_FAILED = "job.failed"
    JOB_CANCELED = "job.canceled"
    AD_SUCCEEDED = "ad.succeeded"
    AD_FAILED = "ad.failed"


# By the state that a job or an ad enters; other states are not reported.
JOB_EVENTS = {
    jobs_pb2.JOB_STATE_SUCCEEDED: EventType.JOB_SUCCEEDED,
    jobs_pb2.JOB_STATE_PARTIALLY_SUCCEEDED: EventType.JOB_PARTIALLY_SUCCEEDED,
    jobs_pb2.JOB_STATE_FAILED: EventType.JOB_FAILED,
    jobs_pb2.JOB_STATE_CANCELLED: EventType.JOB_CANCELED,
}
AD_EVENTS = {
    jobs_pb2.JOB_STATE_SUCCEEDED: EventType.AD_SUCCEEDED,
    jobs_pb2.JOB_STATE_FAILED: EventType.AD_FAILED,
}
