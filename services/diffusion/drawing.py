"""One request for a picture to one server, and every check of its answer."""

import hashlib
import time
from dataclasses import dataclass
from typing import Any

import structlog

from services.diffusion.answers import Answer, read_answer
from services.diffusion.asks import Ask, write_ask
from services.diffusion.likeness import check_likeness
from services.diffusion.models import check_used
from services.diffusion.probe import Capabilities
from services.diffusion.refusals import check_status
from services.diffusion.samplers import Chosen, choose_sampler
from services.diffusion.transport import Transport, word_of
from services.runtime.engines import Notice

# Beyond this strength, what is locked may rightly look different on servers that only approach it.
LIKENESS_UP_TO = 0.5

log = structlog.get_logger()


@dataclass(frozen=True)
class Drawn:
    """A picture from a server: the answer, what made it, what it took, what to know about it."""

    answer: Answer
    facts: dict[str, Any]
    measured: dict[str, Any]
    notices: tuple[Notice, ...] = ()


def draw_once(transport: Transport, ask: Ask, server: Capabilities, seconds: float) -> Drawn:
    """Sends an Ask in the server's own words; raises what went wrong, BadOutput among it."""
    sampling = ask.sampling
    names = choose_sampler(sampling.sampler, sampling.scheduler, server.samplers, server.schedulers)
    body = write_ask(ask, server, names)
    start = time.perf_counter()
    reply = transport.draw(ask.path, body, seconds)
    took = time.perf_counter() - start
    check_status(reply)
    answer = read_answer(reply, ask)
    check_used(sampling.model, answer.info, server)
    _check_lock(ask, answer)
    facts = _facts(ask, names, answer, server)
    measured = {
        "generate_ms": round(took * 1000),
        "bytes_sent": len(body),
        "bytes_received": len(reply.body),
    }
    digest = hashlib.sha256(reply.body).hexdigest()[:12]
    log.info("drawn", sha256=digest, **facts, **measured)
    return Drawn(answer, facts, measured, names.notices + _unused(ask, server))


def _facts(ask: Ask, names: Chosen, answer: Answer, server: Capabilities) -> dict[str, Any]:
    width, height = ask.canvas.padded
    return {
        "kind": server.kind,
        "model": word_of(answer.info.get("sd_model_name")),
        "sampler": word_of(answer.info.get("sampler_name")) or names.sampler,
        "scheduler": names.scheduler,
        "drawn_width": width,
        "drawn_height": height,
    }


def _check_lock(ask: Ask, answer: Answer) -> None:
    init = ask.init
    if init and init.strength <= LIKENESS_UP_TO:
        sent, lock = ask.canvas.fit(init.picture), ask.canvas.fit_lock(init.locked)
        check_likeness(answer.pixels, sent, lock == 255)


def _unused(ask: Ask, server: Capabilities) -> tuple[Notice, ...]:
    if server.overrides or not ask.sampling.override_settings:
        return ()
    return (Notice("OVERRIDES_UNUSED", f"a {server.kind} server reads no override_settings"),)
