"""Chooses Mitsuba's variant: compiled through LLVM where that works, else scalar."""

import subprocess
import sys

import drjit
import mitsuba as mi

from services.runtime.errors import EngineNotReady

SCALAR_VARIANT = "scalar_rgb"
COMPILED_VARIANT = "llvm_ad_rgb"
# Longest time for a trial. Larger: slow machines still get the compiled variant; a hanging
# compiler delays the start by as much.
TRIAL_TIMEOUT_SECONDS = 90.0
TRIAL_MODULE = "services.studio.trial"


def choose_variant(name: str) -> str:
    """Sets Mitsuba's variant (its way to compute, compiled or scalar), and returns its name.

    name: a variant, or "auto" for the compiled one where it works on this machine.

    Raises EngineNotReady when the compiled variant is requested by name and does not work.
    """
    works = name in ("auto", COMPILED_VARIANT) and is_compiled_variant_usable()
    if name == COMPILED_VARIANT and not works:
        raise EngineNotReady(
            f"{COMPILED_VARIANT} needs a libLLVM that Mitsuba can use (19 does, 14 to 16 do not); "
            f"install one, name it in DRJIT_LIBLLVM_PATH, or take {SCALAR_VARIANT}"
        )
    variant = COMPILED_VARIANT if works else SCALAR_VARIANT
    mi.set_variant(variant)
    mi.set_log_level(mi.LogLevel.Error)
    return variant


def is_variant_scalar(name: str | None = None) -> bool:
    """Returns whether a variant renders without compiling.

    name: of the variant; None: Mitsuba's current one.
    """
    return str(name or mi.variant()).startswith("scalar")


def is_compiled_variant_usable(timeout: float = TRIAL_TIMEOUT_SECONDS) -> bool:
    """Returns whether another process can render a tiny set with the compiled variant in time.

    timeout: seconds.

    A separate process, because an incompatible libLLVM aborts its process instead of raising an
    error: with Debian's 14 to 16, "LLVM ERROR: Cannot select fminimum".
    """
    # Without libLLVM there is nothing to try, and a trial takes as long as the rest of the start.
    if not drjit.has_backend(drjit.JitBackend.LLVM):
        return False
    program = (
        f"import sys; sys.path[:] = {sys.path!r}; import {TRIAL_MODULE} as trial; "
        f"trial.main({COMPILED_VARIANT!r})"
    )
    try:
        trial_process = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return trial_process.returncode == 0
