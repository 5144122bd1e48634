"""Client of stable-diffusion.cpp's own API: images as jobs in the server's queue.

A job is queued, generating, completed, failed or cancelled. Only a queued job can be canceled; the
server refuses with status 409 to stop the one that it generates. It keeps a job for ten minutes
after its end, and forgets all jobs when it restarts (examples/server/api.md of
leejet/stable-diffusion.cpp).
"""

import io
import json
import re
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from PIL import Image

from services.diffusion.errors import (
    DiffusionFailed,
    DiffusionOutOfMemory,
    DiffusionTimeout,
    InvalidOutput,
    ServerUnreachable,
)
from services.diffusion.images import (
    bytes_from_base64,
    bytes_to_base64,
    check_png,
    image_to_base64,
)
from services.diffusion.names import SamplerNames
from services.diffusion.request import DiffusionProgress, DiffusionRequest
from services.diffusion.transport import HttpClient, HttpResponse, is_out_of_memory
from services.runtime.errors import ServiceError

JOBS_API = "/sdcpp/v1"
# In seconds, for a poll, whose last response contains the image. Larger: a lost connection is
# noticed later; smaller: large images on slow networks never arrive.
POLL_TIMEOUT = 30.0
# In seconds, between polls: the first one, and the longest. Each is half as long again as the one
# before. Larger: the image waits on the server; smaller: more requests.
FIRST_PAUSE, LONGEST_PAUSE, PAUSE_GROWTH = 0.02, 0.5, 1.5
# Consecutive polls that may fail, in 1.5 s. Larger: the death of a server is noticed later.
MAX_FAILED_POLLS = 3
# In seconds, for a response to a cancel. Larger: the slot of a dead server is released later.
CANCEL_TIMEOUT = 2.0
# Far beyond the 64 jobs that the server accepts. Larger: a broken server's number is believed.
MAX_QUEUE_POSITION = 10_000
# The identifiers that the server's own paths accept; others could lead to other paths.
JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
# What precedes the JSON object at the end of the metadata in the server's PNG files.
METADATA_MARK = "SDCPP: "
QUEUED, GENERATING, COMPLETED, CANCELLED = "queued", "generating", "completed", "cancelled"
ENDED = (COMPLETED, "failed", CANCELLED)

log = structlog.get_logger()


class JobLost(ServerUnreachable):
    """The server does not know the job any more: it was restarted."""


@dataclass(frozen=True)
class JobResult:
    """The file of an image that a job generated.

    info: what the server says about it, by the names of the AUTOMATIC1111 API. bytes_received: of
    the response that contained it. queue_seconds: time that the job waited in the server's queue.
    """

    file: bytes
    info: Mapping[str, object]
    bytes_received: int
    queue_seconds: float


class SdcppJobs:
    """Generates images as jobs of one server, one at a time.

    progress: of the job in flight; None if there is none.
    """

    def __init__(self, http: HttpClient) -> None:
        """Creates the client, without connecting to the server that `http` talks to."""
        self._http = http
        self._is_canceled = False
        # Jobs that the server may still have in its queue, as it did not answer their cancel.
        self._left: list[JobInFlight] = []
        self.progress: DiffusionProgress | None = None

    def generate(self, body: bytes, timeout: float) -> JobResult:
        """Submits a job and waits for its image.

        Raises the classes in `services.diffusion.errors`, after it tried to cancel a job that may
        still be in the queue.

        body: JSON of the request.
        timeout: seconds for the whole job.
        """
        end = time.monotonic() + timeout
        self._is_canceled, self.progress = False, DiffusionProgress(0.0)
        try:
            return self._generate(body, end)
        finally:
            self.progress = None

    def cancel(self) -> None:
        """Makes generate() cancel its job if that is still in the server's queue; never waits."""
        self._is_canceled = True

    def _generate(self, body: bytes, end: float) -> JobResult:
        """Submits a job and waits for its image, until `end` as time.monotonic() counts it."""
        self._left = [each for each in self._left if not each.cancel()]
        job = JobInFlight(self._http, self._submit(body, end - time.monotonic()))
        try:
            state = self._wait_for_end(job, end)
        except ServiceError:
            if not job.cancel():
                self._left.append(job)
            raise
        return _read_result(state, job.queue_seconds)

    def _submit(self, body: bytes, timeout: float) -> str:
        """Returns the identifier of a new job.

        If the response is lost, the job cannot be canceled: the server chooses the identifier, and
        the API lists no jobs.

        body: JSON of the request.
        timeout: seconds to wait for the response.
        """
        response = self._http.post_json(f"{JOBS_API}/img_gen", body, timeout)
        if response.status == 404:
            # The next attempt probes the server first.
            raise ServerUnreachable("the image server was replaced by another one; try again")
        fields = self._http.check_status(response).read_json()
        job_id = fields.get("id") if isinstance(fields, dict) else None
        if not isinstance(job_id, str) or not JOB_ID.fullmatch(job_id):
            raise InvalidOutput("the image server accepted the request without a job; see its log")
        return job_id

    def _wait_for_end(self, job: "JobInFlight", end: float) -> "JobState":
        """Polls a job until it ends, and returns its last state.

        end: the time at which to give up, as time.monotonic() counts it.
        """
        pause = FIRST_PAUSE
        while (seconds_left := end - time.monotonic()) > 0:
            if self._is_canceled:
                job.cancel()
            state = job.poll(min(seconds_left, POLL_TIMEOUT))
            if state and state.status in ENDED:
                return state
            if state:
                self.progress = DiffusionProgress(0.0, queue_position=state.queue_position)
            # After a failed poll, the server gets more time to come back.
            time.sleep(pause if state else LONGEST_PAUSE)
            pause = min(pause * PAUSE_GROWTH, LONGEST_PAUSE)
        text = "the image server took too long; ask for a smaller picture or more time"
        raise DiffusionTimeout(text)


class JobInFlight:
    """One job on a server, from its submission to its end.

    queue_seconds: time that it waited in the server's queue, as far as polls showed that.
    """

    def __init__(self, http: HttpClient, job_id: str) -> None:
        """Starts to measure time, just after the job was submitted to the server of `http`."""
        self._http = http
        self._id = job_id
        self._submitted = time.monotonic()
        self.queue_seconds = 0.0
        self._failures = 0
        self._is_cancelable = True

    def poll(self, timeout: float) -> "JobState | None":
        """Returns the state of the job; None if the poll failed, a few times in a row at most.

        Raises the error of the poll after those. A server that is slow to respond is busy rather
        than gone, so timeouts do not count.

        timeout: seconds to wait for the response.
        """
        try:
            state = self._read_state(timeout)
        except JobLost:
            raise
        except DiffusionTimeout:
            return None
        except (ServerUnreachable, DiffusionFailed):
            self._failures += 1
            if self._failures > MAX_FAILED_POLLS:
                raise
            return None
        self._failures = 0
        if state.status == QUEUED:
            self.queue_seconds = time.monotonic() - self._submitted
        return state

    def cancel(self) -> bool:
        """Asks the server to cancel the job, unless it did or refused that already; never raises.

        The next state of the job shows whether it was canceled.

        Returns whether the server answered.
        """
        if not self._is_cancelable:
            return True
        try:
            path = f"{JOBS_API}/jobs/{self._id}/cancel"
            response = self._http.post(path, CANCEL_TIMEOUT)
            self._is_cancelable = response.status >= 500
        except ServiceError as error:
            log.info("cancel failed", why=str(error))
        return not self._is_cancelable

    def _read_state(self, timeout: float) -> "JobState":
        """Returns the state of the job; raises JobLost if the server does not know it.

        timeout: seconds to wait for the response.
        """
        response = self._http.get(f"{JOBS_API}/jobs/{self._id}", timeout)
        if response.status in (404, 410):
            raise JobLost("the image server lost the picture, as after a restart; try again")
        return read_job_body(self._http.check_status(response), self._id)


@dataclass(frozen=True)
class JobState:
    """The state of a job.

    queue_position: number of images that the server generates before it; None if unknown. fields:
    the whole response. size: bytes of the response.
    """

    status: str
    queue_position: int | None
    fields: Mapping[str, Any]
    size: int


def write_job_body(request: DiffusionRequest, names: SamplerNames) -> bytes:
    """Returns the JSON of a job that generates an image.

    names: the sampler and scheduler as the server spells them; empty ones are left to the server.
    """
    width, height = request.canvas.padded_size
    sampling: dict[str, object] = {
        "sample_steps": request.sampling.steps,
        "guidance": {"txt_cfg": request.sampling.cfg_scale},
    }
    if names.sampler:
        sampling["sample_method"] = names.sampler
    if names.scheduler:
        sampling["scheduler"] = names.scheduler
    fields: dict[str, object] = {
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "width": width,
        "height": height,
        "seed": request.seed,
        "batch_count": 1,
        "sample_params": sampling,
        # A server may be started with other defaults, such as a second pass in another size.
        "hires": {"enabled": False},
        "output_format": "png",
        # The file then says with which seed, model and sampler it was generated.
        "embed_image_metadata": True,
    }
    if init := request.init:
        fields |= {
            "init_image": bytes_to_base64(request.init_png),
            # White is repainted; this API has no field to invert that.
            "mask_image": image_to_base64(255 - request.canvas.pad_lock_mask(init.locked)),
            "strength": init.strength,
        }
    return json.dumps(fields).encode()


def offers_jobs(capabilities: Mapping[str, object]) -> bool:
    """Whether a server takes images as jobs and can cancel those in its queue.

    capabilities: the fields of the response to the path /sdcpp/v1/capabilities.
    """
    by_mode = capabilities.get("features_by_mode")
    # The first versions had a single mode.
    features = by_mode.get("img_gen") if isinstance(by_mode, dict) else capabilities.get("features")
    return isinstance(features, dict) and features.get("cancel_queued") is True


def read_job_body(response: HttpResponse, job_id: str) -> JobState:
    """Returns the state of a job in a response of status 200.

    Raises InvalidOutput if it contains none, or that of another job.
    """
    fields = response.read_json()
    if not isinstance(fields, dict) or fields.get("status") not in (QUEUED, GENERATING, *ENDED):
        raise InvalidOutput("the image server sent no state of a job that we know; update it")
    if fields.get("id") != job_id:
        raise InvalidOutput("the image server sent the picture of another request")
    position = fields.get("queue_position") if fields["status"] == QUEUED else 0
    is_known = isinstance(position, int) and 0 <= position <= MAX_QUEUE_POSITION
    return JobState(fields["status"], position if is_known else None, fields, len(response.body))


def _read_result(state: JobState, queue_seconds: float) -> JobResult:
    """Returns the image of a job that ended; raises the error that fits if it has none.

    queue_seconds: time that it waited in the server's queue.
    """
    if state.status == CANCELLED:
        raise DiffusionFailed("the picture was canceled on the image server; try again")
    if state.status != COMPLETED:
        if is_out_of_memory(json.dumps(state.fields.get("error"))):
            raise DiffusionOutOfMemory("the image server ran out of memory; ask for fewer pixels")
        raise DiffusionFailed("the image server failed to generate the picture; see its log")
    try:
        file = bytes_from_base64(state.fields["result"]["images"][0]["b64_json"])
    except (IndexError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise InvalidOutput("the image server sent no picture; see its log") from error
    return JobResult(file, _read_metadata(file), state.size, queue_seconds)


def _read_metadata(file: bytes) -> dict[str, object]:
    """Returns seed, model and sampler from a PNG file, by the names of the AUTOMATIC1111 API.

    Leaves out what the server did not write there, and all of a file that is corrupt.
    """
    try:
        check_png(file)
        with Image.open(io.BytesIO(file), formats=("PNG",)) as image:
            _, _, text = str(image.info.get("parameters", "")).rpartition(METADATA_MARK)
        metadata = json.loads(text)
        models = metadata["models"]
        return {
            "seed": metadata["seed"],
            "sd_model_name": models.get("model") or models.get("diffusion_model"),
            "sampler_name": metadata["sampling"].get("method"),
        }
    # json raises RecursionError for brackets that are nested too deep, Pillow SyntaxError.
    except (
        *(OSError, SyntaxError, ValueError, struct.error, RecursionError),
        *(KeyError, TypeError, AttributeError),
    ):
        return {}
