"""One system for the tests of the client and the command line."""

import pytest

from cyclorama.cli import app
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.engines import Dragonless
from tests.support.pictures import draw_product
from tests.support.system import job_store_settings, serve_system_in_thread


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    jobs = job_store_settings(folder)
    with serve_system_in_thread(background=Dragonless(), **jobs) as running:
        yield running


@pytest.fixture
def photo(tmp_path):
    """A product photo in a file."""
    path = tmp_path / "photo.png"
    path.write_bytes(encode_image(draw_product()[0], PNG).data)
    return path


@pytest.fixture
def command(running, monkeypatch, capfd):
    """Runs `cyclorama ...` and returns its exit status, output and errors."""

    def run(*words) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["cyclorama", *map(str, words)])
        monkeypatch.setenv("CYCLORAMA_GATEWAY", running.address)
        monkeypatch.setenv("COLUMNS", "160")
        with pytest.raises(SystemExit) as ended:
            app.run_command_line()
        out, err = capfd.readouterr()
        return ended.value.code or 0, out, err

    return run
