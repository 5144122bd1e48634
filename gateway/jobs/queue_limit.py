"""Limits the ads of all jobs that have not ended."""

import grpc

from services.runtime.errors import ServiceError

# Retry delay sent with a full queue. An ad takes seconds, so that there is space again by then.
RETRY_SECONDS = 30.0


class JobQueueFull(ServiceError):
    """The job has more ads than the queue has space for; single ads are not affected."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "JOB_QUEUE_FULL"
    retry_seconds: float | None = RETRY_SECONDS

    def __init__(self, unfinished: int, added: int, limit: int) -> None:
        """Describes the queue.

        unfinished: ads of all jobs that are queued or running. added: ads of the rejected job.
        limit: of unfinished ads. A job with more ads than that would never have space.
        """
        counts = f"this job adds {added:,} ads to the {unfinished:,} that have not ended"
        if added > limit:
            self.retry_seconds = None
            advice = "split it into smaller jobs"
        else:
            advice = f"try again in {RETRY_SECONDS:g} s, or submit fewer ads at once"
        super().__init__(f"{counts}, and the queue has space for {limit:,}: {advice}")
        self.metadata = {
            "unfinished_ads": str(unfinished),
            "added_ads": str(added),
            "max_queued_ads": str(limit),
        }


def raise_if_full(unfinished: int, added: int, limit: int) -> None:
    """Raises JobQueueFull when a job would exceed the limit of unfinished ads.

    unfinished: ads of all other jobs that are queued or running. added: ads of the job.
    """
    if unfinished + added > limit:
        raise JobQueueFull(unfinished, added, limit)
