"""The process of a stage ends at once after a clean stop."""

import os
import signal

import pytest

from tests.support.processes import ServiceProcess

# Python runs it at its start.
HOOK = """
import atexit
atexit.register(print, '{"event": "interpreter torn down"}', flush=True)
"""


@pytest.mark.slow
def test_a_stage_that_stopped_ends_without_the_teardown_of_the_interpreter(tmp_path):
    """With PyTorch it takes seconds, after which supervisors kill the process."""
    (tmp_path / "sitecustomize.py").write_text(HOOK)
    path = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
    process = ServiceProcess("services.finishing", PYTHONPATH=path)
    assert process.send(signal.SIGTERM) == 0
    assert process.lines[-1]["event"] == "stopped"
