"""Chooses how Mitsuba computes: compiled through LLVM where that works, else plainly."""

import subprocess
import sys

import drjit
import mitsuba as mi

from services.runtime.errors import EngineNotReady

PLAIN = "scalar_rgb"
COMPILED = "llvm_ad_rgb"
PATIENCE = 90.0
TRIAL = "services.studio.trial"


def choose_variant(wish: str) -> str:
    """Sets Mitsuba's variant and returns its name; "auto" is the compiled one if it works here.

    Raises EngineNotReady when the compiled variant is asked for by name and does not work.
    """
    works = wish in ("auto", COMPILED) and compiled_works()
    if wish == COMPILED and not works:
        raise EngineNotReady(
            f"{COMPILED} needs a libLLVM that Mitsuba can use (19 does, 14 to 16 do not); "
            f"install one, name it in DRJIT_LIBLLVM_PATH, or take {PLAIN}"
        )
    variant = COMPILED if works else PLAIN
    mi.set_variant(variant)
    mi.set_log_level(mi.LogLevel.Error)
    return variant


def compiled_works(patience: float = PATIENCE) -> bool:
    """Whether another process can render a trial set with the compiled variant in this time.

    Another process, for an unfit libLLVM does not raise an error but aborts the one it is in:
    with Debian's 14 to 16, "LLVM ERROR: Cannot select fminimum".
    """
    # Without any libLLVM there is nothing to try, and a trial takes as long as the rest of a start.
    if not drjit.has_backend(drjit.JitBackend.LLVM):
        return False
    program = (
        f"import sys; sys.path[:] = {sys.path!r}; import {TRIAL} as trial; trial.main({COMPILED!r})"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, timeout=patience, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
