"""Drops what the functions that an error has left still hold: requests, images."""

import traceback


def forget_variables(error: BaseException) -> None:
    """Clears the variables of the functions that an error and its causes have left.

    Errors are part of reference cycles, so that their functions are kept until garbage collection,
    which a quiet process may never run.
    """
    seen = list[BaseException]()
    pending: list[BaseException | None] = [error]
    while pending:
        current = pending.pop()
        if current is None or any(current is one for one in seen):
            continue
        seen.append(current)
        traceback.clear_frames(current.__traceback__)
        pending += current.__cause__, current.__context__
