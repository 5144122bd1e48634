"""One system, one page in front of it, and browsers that show it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from cyclorama.web.connection_limits import ConnectionLimits
from cyclorama.web.serving import create_page_server, open_listening_socket
from cyclorama.web.settings import PageSettings
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.browsers import launch_browser, open_tab
from tests.support.engines import Dragonless, Flat
from tests.support.heif import encode_heif
from tests.support.pictures import draw_product
from tests.support.system import System, job_store_settings, serve_system_in_thread


@dataclass
class Page:
    """The page's address, the system behind it, and its background engine, which can be paused."""

    address: str
    system: System
    background: Flat


@contextmanager
def serve_page(gateway: str, limits: ConnectionLimits | None = None, **settings) -> Iterator[str]:
    """Serves the page on a free port and yields its address; limits: those of its connections."""
    own = PageSettings(listen="127.0.0.1:0", gateway=gateway, **settings)
    listening, serving = open_listening_socket(own), create_page_server(own, limits)
    thread = threading.Thread(target=serving.run, args=([listening],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        serving.should_exit = True
        thread.join()
        listening.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Iterator[Page]:
    """The page in front of a system with fast engines, which accept every picture."""
    folder = tmp_path_factory.mktemp("kept")
    jobs = job_store_settings(folder)
    go = threading.Event()
    go.set()
    background = Dragonless(go)
    with (
        serve_system_in_thread(background=background, max_concurrent_ads=4, **jobs) as system,
        serve_page(system.address) as address,
    ):
        yield Page(address, system, background)


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """A product photo in a file."""
    path = tmp_path_factory.mktemp("photos") / "can.png"
    path.write_bytes(encode_image(draw_product(320, 256)[0], PNG).data)
    return path


@pytest.fixture(scope="module")
def heic_photo(tmp_path_factory):
    """The same photo as a phone writes it, which the browser cannot show."""
    path = tmp_path_factory.mktemp("photos") / "IMG_0042.HEIC"
    path.write_bytes(encode_heif(draw_product(320, 256)[0]))
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for the tests of a module."""
    with launch_browser() as browser:
        yield browser


@pytest.fixture
def tab(browser, page) -> Iterator[Tab]:
    """The page at the width of a laptop."""
    with open_tab(browser, page.address, 1280, 900) as tab:
        yield tab


@pytest.fixture
def phone(browser, page) -> Iterator[Tab]:
    """The page at the width of a phone, in dark mode."""
    with open_tab(browser, page.address, 390, 844, color_scheme="dark", has_touch=True) as phone:
        yield phone


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder of files as people have them: photos, a copy, one without a product, others."""
    folder = tmp_path_factory.mktemp("campaign") / "bags"
    folder.mkdir()
    for name, size in (("can.png", (320, 256)), ("jar.png", (256, 320))):
        (folder / name).write_bytes(encode_image(draw_product(*size)[0], PNG).data)
    (folder / "can copy.png").write_bytes((folder / "can.png").read_bytes())
    (folder / "black.png").write_bytes(encode_image(np.zeros((64, 64, 3), np.uint8), PNG).data)
    (folder / "notes.png").write_text("no picture")
    (folder / "list.pdf").write_text("%PDF")
    (folder / ".DS_Store").write_text("")
    return folder
