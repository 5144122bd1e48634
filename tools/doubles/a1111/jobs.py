"""The asynchronous jobs of stable-diffusion.cpp's own API: a queue that one worker draws from."""

import itertools
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tools.doubles.a1111.queue import ImageQueue, RequestRefused
from tools.doubles.painting import open_base64_image

JOBS_API = "/sdcpp/v1"
JOB_PATH = re.compile(rf"{JOBS_API}/jobs/([A-Za-z0-9_-]+)(/cancel)?")
# Jobs that are queued or generating, beyond which the server returns 429.
MAX_PENDING = 64
# Faults of jobs that the server loses: the status of every later request about them.
LOST_STATUSES = {"job lost": 404, "job expired": 410}
LOST_TEXTS = {404: "job not found", 410: "job expired"}
OTHER_CLIENTS_REQUEST = {"prompt": "another client", "seed": 1, "width": 64, "height": 64}


@dataclass
class DoubleJob:
    """One image to generate. polls: how often its state was requested."""

    id: str
    request: dict
    fault: str = ""
    status: str = "queued"
    created: int = field(default_factory=lambda: int(time.time()))
    started: int | None = None
    completed: int | None = None
    images: list[str] = field(default_factory=list)
    error: dict | None = None
    polls: int = 0

    def end(self, status: str, error_code: str = "", message: str = "") -> None:
        """Ends the job as completed, failed or cancelled."""
        self.status, self.completed = status, int(time.time())
        self.error = {"code": error_code, "message": message} if error_code else None


class JobQueue:
    """Accepts jobs, generates their images one at a time, and reports their states."""

    def __init__(self, images: ImageQueue, draw: Callable[[dict, str], list[str]]) -> None:
        """Starts the worker.

        draw: returns the images of a request as base64, with a fault.
        """
        self._images, self._draw = images, draw
        self._jobs: dict[str, DoubleJob] = {}
        self._queue: list[DoubleJob] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        threading.Thread(target=self._work, daemon=True).start()

    def submit(self, body: bytes, fault: str) -> dict:
        """Adds a job to the queue and returns the body of the response; raises RequestRefused."""
        request = read_job_request(body)
        with self._changed:
            pending = [job for job in self._jobs.values() if job.status in ("queued", "generating")]
            if len(pending) >= MAX_PENDING or fault == "job queue full":
                raise RequestRefused(429, "job queue is full")
            job = self._add(request, fault)
        response = {"id": job.id, "kind": "img_gen", "status": "queued", "created": job.created}
        response["poll_url"] = f"{JOBS_API}/jobs/{job.id}"
        return response | ({"id": "../sdapi/v1/options"} if fault == "job id invalid" else {})

    def submit_others(self, count: int) -> None:
        """Adds jobs of other clients to the queue, of which the first has the next fault."""
        with self._changed:
            for _ in range(count):
                self._add(OTHER_CLIENTS_REQUEST, self._images.take_fault())

    def find_job(self, path: str) -> DoubleJob | None:
        """Returns the job that a path is about; None if there is none. Raises RequestRefused."""
        if not (match := JOB_PATH.fullmatch(path)):
            return None
        job = self._jobs.get(match[1])
        status = LOST_STATUSES.get(job.fault, 200) if job else 404
        if status != 200:
            raise RequestRefused(status, LOST_TEXTS[status])
        return job

    def cancel(self, job: DoubleJob) -> dict:
        """Cancels a queued job and returns its state; raises RequestRefused if it is generating."""
        with self._changed:
            self._images.counts["cancels"] += 1
            if job.fault == "cancel fails":
                raise RequestRefused(500, "server_error")
            if job.status == "generating":
                text = "job is currently generating and cannot be interrupted yet"
                raise RequestRefused(409, text)
            if job.status == "queued":
                self._queue.remove(job)
                self._images.counts["dropped"] += 1
                job.end("cancelled", "cancelled", "job cancelled by client")
            return self.describe(job)

    def describe(self, job: DoubleJob) -> dict:
        """Returns the state of a job as the API words it."""
        queued = [each.id for each in self._queue]
        result = {
            "output_format": "png",
            "images": [{"index": n, "b64_json": text} for n, text in enumerate(job.images)],
        }
        state = {
            "id": job.id,
            "kind": "img_gen",
            "status": job.status,
            "created": job.created,
            "started": job.started,
            "completed": job.completed,
            "queue_position": queued.index(job.id) + 1 if job.status == "queued" else 0,
            "result": result if job.status == "completed" else None,
            "error": job.error,
        }
        changes = {
            "job status unknown": {"status": "resting"},
            "job of another": {"id": "job_1_00000000"},
            "job without result": {"result": None},
            "job position absurd": {"queue_position": 1 << 80},
        }
        return state | changes.get(job.fault, {})

    def reset(self) -> None:
        """Forgets all jobs that are not being generated."""
        with self._changed:
            self._queue.clear()
            self._jobs.clear()

    def _add(self, request: dict, fault: str) -> DoubleJob:
        job = DoubleJob(f"job_{int(time.time()):x}_{next(self._numbers):08}", request, fault)
        self._jobs[job.id] = job
        self._queue.append(job)
        self._changed.notify()
        return job

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue)
                job = self._queue.pop(0)
                job.status, job.started = "generating", int(time.time())
            self._generate(job)

    def _generate(self, job: DoubleJob) -> None:
        images = self._draw(job.request, job.fault)
        with self._changed:
            match job.fault:
                case "job failed":
                    job.end("failed", "generation_failed", "generate_image returned no results")
                case "job out of memory":
                    text = "ggml_backend_alloc: failed to allocate buffer"
                    job.end("failed", "generation_failed", text)
                case "job canceled":
                    job.end("cancelled", "cancelled", "job cancelled by client")
                case _:
                    job.images = images
                    job.end("completed")


def read_job_request(body: bytes) -> dict:
    """Returns the fields of a job by their names in the AUTOMATIC1111 API.

    Fields of a wrong type are ignored, as the server does. Raises RequestRefused.
    """
    if not body:
        raise RequestRefused(400, "empty body")
    try:
        fields = json.loads(body)
    except ValueError:
        raise RequestRefused(400, "invalid json") from None
    sampling = fields.get("sample_params", {})
    request = {
        "prompt": fields.get("prompt", ""),
        "negative_prompt": fields.get("negative_prompt", ""),
        "seed": fields.get("seed", -1),
        "width": fields.get("width", 512),
        "height": fields.get("height", 512),
        "steps": min(100, max(1, sampling.get("sample_steps", 20))),
        "cfg_scale": sampling.get("guidance", {}).get("txt_cfg", 7.0),
        "denoising_strength": fields.get("strength", 0.75),
        "embeds_metadata": fields.get("embed_image_metadata", True),
        # White is repainted.
        "inpainting_mask_invert": 0,
    }
    names = {"sampler_name": "sample_method", "scheduler": "scheduler"}
    request |= {name: sampling[key] for name, key in names.items() if key in sampling}
    if not (0 <= request["denoising_strength"] <= 1 and request["cfg_scale"] >= 0):
        raise RequestRefused(400, "invalid generation parameters")
    if fields.get("output_format", "png") not in ("png", "jpeg"):
        raise RequestRefused(400, "invalid output_format, must be one of [png, jpeg]")
    for name, key in (("init_image", "init_images"), ("mask_image", "mask")):
        if (text := fields.get(name)) is None:
            continue
        try:
            open_base64_image(text)
        except (TypeError, ValueError, OSError):
            raise RequestRefused(400, "invalid generation parameters") from None
        request[key] = [text] if name == "init_image" else text
    return request


def build_capabilities(model: str, samplers: list[dict], schedulers: list[dict]) -> dict:
    """Returns the body of /sdcpp/v1/capabilities, without the defaults.

    model: the loaded model.
    samplers, schedulers: entries with a name.
    """
    features = {"init_image": True, "mask_image": True, "lora": True, "hires": True}
    features |= {"cancel_queued": True, "cancel_generating": False}
    return {
        "model": {"name": f"{model}.safetensors", "stem": model},
        "current_mode": "img_gen",
        "supported_modes": ["img_gen"],
        "features": features,
        "features_by_mode": {"img_gen": features},
        "output_formats": ["png", "jpeg"],
        "output_formats_by_mode": {"img_gen": ["png", "jpeg"]},
        "samplers": [each["name"] for each in samplers],
        "schedulers": [each["name"] for each in schedulers],
        "loras": [],
        "limits": {"max_batch_count": 8, "max_queue_size": MAX_PENDING},
    }


def build_metadata(request: dict, model: str) -> str:
    """Returns the text that the server writes into the PNG file of a request.

    model: the loaded model.
    """
    # The server does not name its own choice.
    sampler = request.get("sampler_name")
    metadata = {
        "schema": "sdcpp.image.params/v1",
        "mode": "img_gen",
        "seed": request["seed"],
        "prompt": {"positive": request["prompt"], "negative": request["negative_prompt"]},
        "sampling": {"steps": request["steps"]} | ({"method": sampler} if sampler else {}),
        "models": {"model": f"{model}.safetensors"} if model else {},
    }
    text = f"{request['prompt']}\nSteps: {request['steps']}, Seed: {request['seed']}"
    return f"{text}, Version: stable-diffusion.cpp, SDCPP: {json.dumps(metadata)}"
