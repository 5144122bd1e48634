"""Whether an error is transient is said by its class, and reaches every caller unchanged."""

import re
from collections.abc import Iterator

import grpc
import numpy as np
import pytest

from cyclorama import AsyncClient, CycloramaError
from cyclorama.v1.jobs_pb2 import JOB_STATE_FAILED, JOB_STATE_SUCCEEDED
from cyclorama.web.error_messages import explain_error
from gateway.callers.authentication import PermissionDenied
from gateway.callers.caller import Caller, Scope
from gateway.callers.quotas import QuotaExceeded
from gateway.jobs.ad_timeout import AdTimeout
from gateway.jobs.queue_limit import JobQueueFull
from gateway.stage_errors import StageError
from services.diffusion.dialects.a1111.sdcpp_jobs import JobLost
from services.diffusion.dialects.comfyui.event_socket import ConnectionRefused
from services.diffusion.errors import InvalidOutput, ServerBusy, ServerUnreachable
from services.imaging.images import encode_image
from services.runtime import errors
from services.runtime.engines import EngineProgress, EngineTraits
from services.runtime.errors import ServiceError
from services.runtime.formats import PNG
from tests.support.campaigns import run_job
from tests.support.engines import Flat
from tests.support.pictures import draw_product
from tests.support.serving import read_error_details
from tests.support.system import job_store_settings, serve_system
from tools import ROOT

PHOTO, MASK = (encode_image(each * np.uint8(1), PNG).data for each in draw_product())
CALLER = Caller(name="ann", scopes=frozenset(Scope))
# Of the classes that take more than a text, and of those whose instances differ.
EXAMPLES = {
    errors.InvalidRequest: errors.InvalidRequest(errors.Violation("photo", "is empty")),
    errors.InvalidImage: errors.InvalidImage("photo", "is corrupt"),
    errors.SizeLimitUnreachable: errors.SizeLimitUnreachable(5000, "choose another format"),
    errors.DeadlineTooShort: errors.DeadlineTooShort(needed=9, left=1),
    errors.OutOfMemory: errors.OutOfMemory("the GPU"),
    errors.ArtifactStoreUnavailable: errors.ArtifactStoreUnavailable(),
    errors.ArtifactLost: errors.ArtifactLost("ab" * 32),
    errors.JobDatabaseUnavailable: errors.JobDatabaseUnavailable(),
    errors.Overloaded: errors.Overloaded(limit=4, retry_seconds=3),
    errors.RequestTimeout: errors.RequestTimeout(seconds=20),
    errors.ResponseTimeout: errors.ResponseTimeout(seconds=60),
    ServerBusy: ServerBusy("the image server is busy", retry_after=7),
    ConnectionRefused: ConnectionRefused("the image server does not answer"),
    JobLost: JobLost("the image server lost the job"),
    AdTimeout: AdTimeout(seconds=60),
    JobQueueFull: JobQueueFull(unfinished=90, added=20, limit=100),
    QuotaExceeded: QuotaExceeded(CALLER, "100 ads", retry_seconds=60),
    PermissionDenied: PermissionDenied(Scope.READ),
}
NEVER_SENT = (errors.CallCancelled, StageError)


def list_error_classes(base: type[ServiceError] = ServiceError) -> Iterator[type[ServiceError]]:
    """Yields every class of errors that is loaded."""
    for each in base.__subclasses__():
        if each.__module__.startswith(("services.", "gateway.")):
            yield each
        yield from list_error_classes(each)


CLASSES = sorted(set(list_error_classes()) - {*NEVER_SENT}, key=lambda each: each.__name__)


def create_error(kind: type[ServiceError]) -> ServiceError:
    """Creates an error of a class."""
    if kind in EXAMPLES:
        return EXAMPLES[kind]
    has_own_text = "__init__" in vars(kind) or issubclass(kind, errors.JobDatabaseUnavailable)
    return kind() if has_own_text else kind("the reason why")


class FailingInpainting:
    """Raises the error of the test."""

    name, version = "failing", "1"
    traits = EngineTraits()
    error: ServiceError

    def inpaint(self, order):
        # As real engines do: gRPC retries no stream that has begun.
        yield EngineProgress(0.0)
        raise self.error


def test_every_error_class_of_the_source_is_tested():
    known = {"ServiceError", *(each.__name__ for each in list_error_classes())}
    for folder in ("services", "gateway"):
        for path in (ROOT / folder).rglob("*.py"):
            for name, base in re.findall(r"^class (\w+)\((\w+)\):", path.read_text(), re.MULTILINE):
                assert name in known or base not in known, f"{path}: import {name} in this test"


async def test_the_class_of_an_error_says_to_every_caller_whether_to_retry(tmp_path):
    engine = FailingInpainting()
    # The results of the stages before are cached.
    small = {"size": (256, 256), "seed": 7, "options": {"reuse": True}}
    async with (
        serve_system(inpainting=engine, **job_store_settings(tmp_path)) as running,
        AsyncClient(running.address, timeout=20, max_retries=0) as gateway,
        AsyncClient(
            f"127.0.0.1:{running.stages['inpainting'].port}", timeout=20, max_retries=0
        ) as stage,
    ):
        for kind in CLASSES:
            engine.error = create_error(kind)
            for call in (
                gateway.create_ad(PHOTO, "a table", **small),
                stage.inpaint(PHOTO, MASK, prompt="a table"),
            ):
                with pytest.raises(CycloramaError) as caught:
                    await call
                check_arrived(caught.value, engine.error)


def check_arrived(arrived: CycloramaError, sent: ServiceError) -> None:
    """Checks that a caller learns from an error what its class says."""
    assert (arrived.code, arrived.reason) == (sent.code, sent.reason)
    assert arrived.retry_seconds == sent.retry_seconds, sent
    assert arrived.is_transient is (sent.retry_seconds is not None)
    assert explain_error(arrived).can_retry is arrived.is_transient
    assert not (arrived.is_transient and arrived.caller_can_fix), sent
    retry = read_error_details(arrived.__cause__).get("RetryInfo")
    delay = retry.retry_delay.ToTimedelta().total_seconds() if retry else None
    assert delay == sent.retry_seconds


async def test_a_gateway_that_does_not_answer_is_a_transient_error():
    async with AsyncClient("127.0.0.1:9", max_retries=0) as client:
        with pytest.raises(CycloramaError) as caught:
            await client.version()
    assert caught.value.is_transient and explain_error(caught.value).can_retry
    assert caught.value.code is grpc.StatusCode.UNAVAILABLE


class FailingOnce(Flat):
    """Fails with an error, then generates as Flat does."""

    def __init__(self, error: ServiceError) -> None:
        super().__init__()
        self.errors = [error]

    def generate(self, order):
        yield EngineProgress(0.0)
        if self.errors:
            raise self.errors.pop()
        yield from super().generate(order)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ServerUnreachable("the image server does not answer"), JOB_STATE_SUCCEEDED),
        (InvalidOutput("the image server sent no picture"), JOB_STATE_FAILED),
    ],
)
async def test_a_campaign_waits_for_a_server_that_is_away(gateway, error, state):
    async with gateway(background=FailingOnce(error)) as stub:
        assert (await run_job(stub)).state == state
