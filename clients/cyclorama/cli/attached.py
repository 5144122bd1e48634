"""Runs a module that ends with its parent, even a killed one: python -m cyclorama.cli.attached NAME

Standard input is a pipe whose other end only the parent holds: it closes when the parent ends.
"""

import os
import runpy
import signal
import sys
import threading
import time

# Time for an orderly end after that. Longer: a service whose parent was killed lives on longer.
GRACE_SECONDS = 5


def main() -> None:
    """Runs the module of the command line as the main program of this process."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _end_with_parent() -> None:
    """Waits for the end of the parent, then terminates this process."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
