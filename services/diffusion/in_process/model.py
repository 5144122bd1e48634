"""A model in this process: one queue and one batch at a time for all engines that use it."""

import threading
import time
import traceback
from collections.abc import Sequence

import numpy as np
import structlog
import torch

from services.diffusion.errors import QUEUE_RETRY_SECONDS, ProcessStopping, QueueFull
from services.diffusion.in_process import DiffusersSettings
from services.diffusion.in_process.files.model_files import ModelFiles, inspect_model
from services.diffusion.in_process.files.weights import count_weights
from services.diffusion.in_process.image_pace import ImagePace, ImageTimes, SamplingClock
from services.diffusion.in_process.job import QueuedRequest, SamplingJob
from services.diffusion.in_process.loading import load_pipelines
from services.diffusion.in_process.placement import GIGABYTE, choose_placement, measure_resources
from services.diffusion.in_process.recovery import BatchRecovery, release_memory
from services.diffusion.in_process.safety import open_safety_checker
from services.diffusion.in_process.sampling.image_sampler import ImageSampler, may_share_batch
from services.diffusion.in_process.warm_up import calibrate_pace, choose_remedies, try_purpose
from services.diffusion.request import DiffusionProgress, DiffusionRequest, Purpose, UncheckedResult
from services.diffusion.watchdog import Watchdog
from services.runtime.batching import Batcher, CheckActive
from services.runtime.errors import CallCancelled, EngineNotReady, ServiceError
from services.runtime.shutdown import call_at_shutdown

HANGS = "the model hangs; restart this process"
STOPS = "this process stops; try again"
# In seconds, of an image whose pace is unknown: the highest timeout that the settings allow.
MAX_IMAGE_SECONDS = 3600.0
# In seconds, between two measurements of the pace without requests. Larger: a model that was slowed
# down refuses requests for longer; smaller: more work for nothing.
CALIBRATION_SECONDS = 60.0
PURPOSES: tuple[Purpose, ...] = ("txt2img", "img2img")

log = structlog.get_logger()


class InProcessModel:
    """The weights of one model, and the queue of requests for it.

    refusals: why the model cannot serve a purpose, if it cannot. is_closed: whether it ended its
    work for good.
    """

    def __init__(self, files: ModelFiles, settings: DiffusersSettings) -> None:
        """Loads the weights, and generates small images to see that they work.

        Raises EngineNotReady if they do not fit, or work for no purpose.
        """
        self.name = files.name
        self.fingerprint = files.fingerprint
        self._threads = settings.diffusers_threads or torch.get_num_threads()
        start, parameters = time.perf_counter(), count_weights(files)
        self.placement = choose_placement(settings, parameters, measure_resources())
        gigabytes = sum(parameters.values()) * self.placement.dtype.itemsize / GIGABYTE
        log.info("loading model", model=self.name, gigabytes=round(gigabytes, 3))
        self.safety = open_safety_checker(files, settings)
        self._pipelines = load_pipelines(files, self.placement)
        self._sampler = ImageSampler(self._pipelines, files.name)
        self._recovery = BatchRecovery(self._pipelines, self.placement)
        self._pace = ImagePace()
        # When it was last measured with images of its own, as a time.monotonic() value.
        self._calibrated, self._calibration_lock = 0.0, threading.Lock()
        # Of the batch that is running, since it began; None between batches.
        self._watchdog: Watchdog | None = None
        self._batcher: Batcher[SamplingJob, UncheckedResult] = Batcher(
            self._run_batch,
            settings.diffusers_max_batch,
            lambda first, other: may_share_batch(first.request, other.request),
            # The services of the process take turns.
            group_of=lambda job: job.request.init is None,
        )
        self.is_closed = False
        try:
            self.refusals = self._warm_up()
            self._calibrate()
        except BaseException:
            # Its thread would keep the weights in memory.
            self.close(MAX_IMAGE_SECONDS)
            raise
        seconds = round(time.perf_counter() - start, 1)
        log.info("model ready", model=self.name, seconds=seconds, **self.fixed_settings)

    @property
    def queue_length(self) -> int:
        """Number of requests that wait for a batch."""
        return self._batcher.queue_length

    @property
    def fixed_settings(self) -> dict[str, object]:
        """What fixes an image's last bits besides the request, as plain JSON values."""
        described = self.placement.describe()
        if self.placement.device.type == "cpu":
            described["threads"] = self._threads
        if self._batcher.max_batch > 1:
            described["max_batch"] = self._batcher.max_batch
        return described

    @property
    def recommended_sampling(self) -> dict[str, object]:
        """Sampling options that suit the model better than the defaults, by name."""
        return self._sampler.recommended

    def unavailable_reason(self) -> str:
        """Returns why the model cannot be used now; empty if it can."""
        return self._recovery.fault or (HANGS if self.is_hung else "")

    @property
    def is_hung(self) -> bool:
        """Whether the running batch makes no progress."""
        return self._watchdog is not None and self._watchdog.is_hung

    def submit(self, request: DiffusionRequest, max_waiting: int) -> QueuedRequest:
        """Adds a request to the queue; raises QueueFull if there is no place in it.

        max_waiting: most requests that may wait, of all services of the process.
        """
        queued = self._batcher.try_submit(SamplingJob(request), max_waiting)
        if queued is None:
            raise QueueFull(
                f"{max_waiting} calls already wait for the model; try again in "
                f"{QUEUE_RETRY_SECONDS} s, or add a replica"
            )
        return queued

    def close(self, timeout: float) -> bool:
        """Stops the running batch at its next step, and fails all callers, who may try again.

        Returns whether the batch has stopped.

        timeout: most seconds to wait for that.
        """
        self.is_closed = True
        return self._batcher.close(ProcessStopping(STOPS), timeout)

    def find_place(self, queued: QueuedRequest) -> int:
        """Returns how many images come before a request; 0 once it is in a batch."""
        return self._batcher.find_position(queued)

    def estimate_seconds(self, queued: QueuedRequest) -> float:
        """Returns the seconds until a queued request is done, or that it takes from its start.

        0 while the pace is unknown. In batches others take no time of their own, and do not count.
        """
        ahead = self._batcher.list_ahead(queued) or []
        jobs = [*ahead, queued.item] if self._batcher.max_batch == 1 else [queued.item]
        return sum(self._pace.estimate_seconds(job.request) or 0.0 for job in jobs)

    def doubt_pace(self) -> None:
        """Measures the pace again in a minute or more: other load may have passed since.

        Otherwise a model that was slow for a moment could refuse every request for ever.
        """
        with self._calibration_lock:
            if time.monotonic() - self._calibrated < CALIBRATION_SECONDS:
                return
            self._calibrated = time.monotonic()
        threading.Thread(target=self._recalibrate, daemon=True).start()

    def _warm_up(self) -> dict[Purpose, str]:
        """Generates small images; returns why the model cannot serve a purpose, if it cannot.

        Raises EngineNotReady if it can serve none.
        """
        refusals: dict[Purpose, str] = {}
        if self._pipelines.inpaint is None:
            refusals["img2img"] = "it has no inpainting form; choose another model"
        # Inpainting models get the locked pixels as an input, and need not return them.
        keeps_locked = not self._pipelines.only_inpaints
        remedies = choose_remedies(self.placement)
        for purpose in PURPOSES:
            reason = refusals.get(purpose) or try_purpose(
                self._generate_one, purpose, remedies, keeps_locked
            )
            if reason:
                refusals[purpose] = reason
        if len(refusals) == len(PURPOSES):
            raise EngineNotReady(f"model {self.name} cannot be used: {refusals['txt2img']}")
        return refusals

    def _calibrate(self) -> None:
        """Measures how fast the model generates now."""
        usable = next(purpose for purpose in PURPOSES if purpose not in self.refusals)
        calibrate_pace(self._pace, self._measure_one, usable, self.placement.device.type)
        self._calibrated = time.monotonic()

    def _recalibrate(self) -> None:
        """Measures the pace again, or leaves it as it was if an image fails."""
        try:
            self._calibrate()
        except ServiceError as error:
            log.info("pace not measured", why=str(error))

    def _generate_one(self, request: DiffusionRequest) -> np.ndarray:
        """Generates an image in the thread of the batches: uint8 RGB (H, W, 3)."""
        return self._batcher(SamplingJob(request)).pixels

    def _measure_one(self, request: DiffusionRequest) -> ImageTimes:
        """Generates an image in the thread of the batches, and returns how long it took."""
        job = SamplingJob(request)
        self._batcher(job)
        return job.times

    def _run_batch(
        self, jobs: Sequence[SamplingJob], check_active: CheckActive
    ) -> Sequence[UncheckedResult | ServiceError]:
        """Generates the images of a batch; raises CallCancelled if all callers have left."""
        # Of this thread: OpenMP counts them for each.
        torch.set_num_threads(self._threads)
        request, start = jobs[0].request, time.perf_counter()
        for job in jobs:
            job.started = start
        watchdog = self._watchdog = self._create_watchdog(request)
        clock = SamplingClock()

        def sample(some: Sequence[SamplingJob]) -> list[UncheckedResult]:
            def on_step(fraction: float, previews: Sequence[np.ndarray]) -> None:
                """Records a step; previews: uint8 RGB (h, w, 3) for each image, or none."""
                clock.record_step(fraction)
                _record_step(some, check_active, watchdog, fraction, previews)

            return self._sampler.sample([job.request for job in some], check_active, on_step)

        try:
            results = self._recovery.sample(jobs, sample)
        except CallCancelled:
            progress = jobs[0].progress
            log.info("image canceled", fraction=round(progress.fraction, 3) if progress else 0)
            raise
        finally:
            self._watchdog = None
        times = clock.measure()
        for job in jobs:
            job.times = times
        if len(jobs) == 1 and isinstance(results[0], UncheckedResult):
            self._pace.record_image(request, times)
        return results

    def _create_watchdog(self, request: DiffusionRequest) -> Watchdog:
        """Starts to watch over the image of a request, or over a batch of its kind."""
        seconds = self._pace.estimate_seconds(request)
        timeout = self._pace.compute_timeout(request, MAX_IMAGE_SECONDS)
        steps = request.megapixel_steps / request.megapixels
        return Watchdog(timeout, None if seconds is None else seconds / steps)


def _record_step(
    jobs: Sequence[SamplingJob],
    check_active: CheckActive,
    watchdog: Watchdog,
    fraction: float,
    previews: Sequence[np.ndarray],
) -> None:
    """Records how far the images of a batch are; raises CallCancelled if all callers have left.

    fraction: of the steps done, 0 to 1. previews: uint8 RGB (h, w, 3) for each; none if not due.
    """
    check_active()
    # Decoding reports nothing; until it ends, only the timeout of the whole image counts.
    state = fraction if fraction < 1 else None
    watchdog.record_progress(DiffusionProgress(fraction, queue_position=0, state=state))
    for number, job in enumerate(jobs):
        # The latest one stays until the next is due.
        latest = job.progress.preview if job.progress else None
        preview = previews[number] if previews else latest
        job.progress = DiffusionProgress(fraction, preview, queue_position=0)


_models: dict[tuple[object, ...], InProcessModel] = {}
_opening = threading.Lock()


def open_model(settings: DiffusersSettings) -> InProcessModel:
    """Returns the model that the settings name; the services of a process share equal ones.

    Raises EngineNotConfigured if they name none, and EngineNotReady if it cannot be used. A failed
    model is loaded again by the next call.
    """
    files = inspect_model(settings)
    # The files stand for the settings that name them, which may spell a path in several ways.
    names = DiffusersSettings.model_fields.keys() - {"diffusers_model", "diffusers_config"}
    key = (files, *(getattr(settings, name) for name in sorted(names)))
    with _opening:
        if key not in _models:
            if _models:
                log.warning("another model", model=files.name, consequence="both stay in memory")
            model = _models[key] = _load_model(files, settings)
            call_at_shutdown(model.close)
        return _models[key]


def _load_model(files: ModelFiles, settings: DiffusersSettings) -> InProcessModel:
    try:
        return InProcessModel(files, settings)
    except Exception as error:
        # Frames keep the weights of a refused model alive.
        traceback.clear_frames(error.__traceback__)
        raise
    finally:
        # Of a failure, or of what loading left behind.
        release_memory()
