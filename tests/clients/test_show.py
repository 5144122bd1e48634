"""Pictures in terminals, and bars."""

import base64
import io
import re

import cv2
import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from cyclorama.cli.progress import StageDisplay
from cyclorama.cli.show import half_blocks, iterm2, kitty, protocol_of, show
from cyclorama.cli.sixel import sixel
from cyclorama.results import Event, Picture

TALL = np.zeros((40, 20, 3), np.uint8)
TALL[:20] = 200, 0, 0
TALL[20:] = 0, 0, 200


@pytest.fixture
def picture():
    data = cv2.imencode(".png", cv2.cvtColor(TALL, cv2.COLOR_RGB2BGR))[1].tobytes()
    return Picture(data, "png", 20, 40)


def terminal(**how) -> Console:
    settings = {"force_terminal": True, "color_system": "truecolor", "width": 60, "height": 30}
    return Console(file=io.StringIO(), **settings | how)


@pytest.mark.parametrize(
    ("environment", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, "iterm2"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-256color", "WT_SESSION": "1"}, "sixel"),
        ({"TERM": "xterm-256color", "CYCLORAMA_SHOW": "sixel"}, "sixel"),
        ({"TERM": "tmux-256color", "TERM_PROGRAM": "iTerm.app"}, "blocks"),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/tmux"}, "blocks"),
        ({}, "blocks"),
    ],
)
def test_the_way_is_chosen_by_what_the_terminal_says_of_itself(environment, protocol):
    assert protocol_of(environment) == protocol


def test_kitty_gets_the_picture_in_chunks_that_it_takes():
    png = bytes(range(256)) * 40
    parts = kitty(png, 30).split("\033\\")[:-1]
    bodies = [part.partition(";")[2] for part in parts]
    assert base64.b64decode("".join(bodies)) == png and max(map(len, bodies)) <= 4096
    assert "f=100" in parts[0] and "c=30" in parts[0]
    assert ["m=1" in part for part in parts] == [True] * (len(parts) - 1) + [False]


def test_iterm2_gets_the_file_whole():
    head, _, body = iterm2(b"picture", 30).partition(":")
    assert head.startswith("\033]1337;File=inline=1") and "width=30" in head
    assert base64.b64decode(body.rstrip("\a\n")) == b"picture"


def test_sixel_draws_every_pixel_in_its_color():
    pixels = np.asarray(drawn(sixel(Image.fromarray(TALL))))
    assert pixels.shape == TALL.shape and np.abs(pixels.astype(int) - TALL).max() <= 2


def test_a_sixel_picture_may_end_within_a_band():
    noise = np.random.default_rng(3).integers(0, 2, (13, 9, 1), np.uint8) * np.uint8(255)
    picture = np.repeat(noise, 3, axis=2)
    assert (drawn(sixel(Image.fromarray(picture))) == picture).all()


def drawn(text: str) -> np.ndarray:
    """What a terminal makes of a sixel sequence, read as the VT340's manual has it."""
    head, body = re.fullmatch(r'\x1bP0;1q"1;1;(\d+;\d+)(.*)\x1b\\', text).groups()
    width, height = map(int, head.split(";"))
    pixels, palette, x, top, color = np.zeros((height + 6, width, 3), np.uint8), {}, 0, 0, None
    for found in re.finditer(r"#(\d+)((?:;\d+){4})?|!(\d+)(.)|.", body):
        number, levels, count, char = found[1], found[2], found[3], found[4] or found[0]
        if levels:
            palette[number] = [round(int(each) * 2.55) for each in levels.split(";")[2:]]
        elif number:
            color = palette[number]
        elif char == "$":
            x = 0
        elif char == "-":
            x, top = 0, top + 6
        else:
            end = x + int(count or 1)
            for row in range(6):
                if (ord(char) - 63) >> row & 1:
                    pixels[top + row, x:end] = color
            x = end
    return pixels[:height]


def test_blocks_have_the_colors_of_the_picture(picture):
    lines = half_blocks(picture, 40, 20).split("\n")
    styles = [str(line.spans[0].style) for line in lines if line.spans]
    assert len(styles) == 20
    assert styles[0] == "rgb(200,0,0) on rgb(200,0,0)"
    assert styles[-1] == "rgb(0,0,200) on rgb(0,0,200)"


def test_a_large_picture_fits_the_terminal(picture):
    lines = half_blocks(picture, 40, 5).split("\n")
    assert len([line for line in lines if line.plain]) == 5


def test_nothing_is_drawn_where_the_output_is_no_terminal(picture):
    file = Console(file=io.StringIO())
    show(picture, file)
    assert file.file.getvalue() == ""


def test_a_terminal_without_colors_gets_no_blocks(picture, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    plain = terminal(color_system=None)
    show(picture, plain)
    assert plain.file.getvalue() == ""


def test_a_stage_that_tells_how_far_it_is_gets_a_time_left():
    console = terminal(width=100)
    with StageDisplay(console, ("background",)) as display:
        display.show(Event("background", "started"))
        for fraction in (0.1, 0.2, 0.3):
            display.show(Event("background", "progress", fraction))
        display._bars.refresh()
        assert "s left" in console.file.getvalue()
        display.show(Event("background", "finished", 1.0, engine="flat", seconds=2))
    assert "flat, 2.0 s" in console.file.getvalue()


def test_a_stage_alone_has_a_bar_alone_that_ends_full():
    console = terminal(width=100)
    with StageDisplay(console, ("background",)) as display:
        display.show(Event("background", "progress", 0.4))
    drawn = console.file.getvalue()
    assert "segmentation" not in drawn and " left" not in drawn.splitlines()[-1]


def test_elsewhere_each_finished_stage_is_a_line_unless_a_program_reads():
    for lines, expected in ((True, "   background  flat, 2.0 s\n"), (False, "")):
        console = Console(file=io.StringIO(), width=80)
        with StageDisplay(console, lines=lines) as display:
            display.show(Event("background", "finished", 1.0, engine="flat", seconds=2))
        assert console.file.getvalue() == expected
