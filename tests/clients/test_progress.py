"""Progress of stages: bars on a terminal, lines elsewhere."""

import io

import pytest
from rich.console import Console

from cyclorama.cli.output import StageDisplay
from cyclorama.results import Event


def terminal() -> Console:
    return Console(
        file=io.StringIO(), force_terminal=True, color_system="truecolor", width=100, height=30
    )


def test_a_stage_that_reports_progress_shows_the_time_left():
    console = terminal()
    with StageDisplay(console, ("background",)) as display:
        display.show_event(Event("background", "started"))
        for fraction in (0.1, 0.2, 0.3):
            display.show_event(Event("background", "progress", fraction))
        display._bars.refresh()
        assert "s left" in console.file.getvalue()
        display.show_event(Event("background", "finished", 1.0, engine="flat", seconds=2))
    assert "flat, 2.0 s" in console.file.getvalue()


def test_only_a_stage_that_runs_has_a_bar_and_the_others_wait():
    console = terminal()
    with StageDisplay(console, ("segmentation", "background", "inpainting")) as display:
        display.show_event(Event("segmentation", "progress", 0.5))
        display.show_event(Event("background", "progress", queue_position=2))
        display._bars.refresh()
        segmentation, background, inpainting = console.file.getvalue().splitlines()[-3:]
        assert "━" in segmentation and "━" not in background + inpainting
        assert "waits, number 3 in the queue" in background and "waits" in inpainting


def test_an_ad_that_is_queued_shows_how_many_come_before_it():
    queued = Event("", "queued", queue_position=3)
    assert str(queued) == "queued: ads before this one: 3"
    for console in (terminal(), Console(file=io.StringIO(), width=80)):
        with StageDisplay(console, ("segmentation", "background")) as display:
            display.show_event(queued)
            display._bars.refresh()
            assert "ads before this one: 3" in console.file.getvalue()


def test_a_stage_that_did_not_run_is_said_to_be_skipped():
    for console in (terminal(), Console(file=io.StringIO(), width=80)):
        with StageDisplay(console, ("segmentation", "background")) as display:
            display.show_event(Event("segmentation", "finished", 1.0, engine="crop", seconds=1))
        lines = console.file.getvalue().splitlines()
        assert sum("skipped, not needed for this ad" in line for line in lines) == 1
        last = next(line for line in lines[::-1] if "background" in line)
        assert "skipped" in last and "━" not in last


def test_a_stage_is_skipped_as_soon_as_a_later_one_runs_and_waits_no_more():
    console = terminal()
    with StageDisplay(console, ("segmentation", "background", "compositing")) as display:
        for stage in ("segmentation", "compositing"):
            display.show_event(Event(stage, "started"))
        display._bars.refresh()
        lines = console.file.getvalue().splitlines()[-3:]
        assert "skipped" in lines[1] and not any("waits" in line for line in lines)


def test_a_failed_ad_says_nothing_of_stages_that_did_not_run():
    console = Console(file=io.StringIO(), width=80)
    with pytest.raises(ValueError), StageDisplay(console, ("segmentation", "background")):
        raise ValueError
    assert console.file.getvalue() == ""


def test_a_single_stage_has_a_single_bar_that_ends_full():
    console = terminal()
    with StageDisplay(console, ("background",)) as display:
        display.show_event(Event("background", "progress", 0.4))
    drawn = console.file.getvalue()
    assert "segmentation" not in drawn and " left" not in drawn.splitlines()[-1]


def test_without_a_terminal_each_finished_stage_is_a_line_unless_lines_are_off():
    for lines, expected in ((True, "   background  flat, 2.0 s\n"), (False, "")):
        console = Console(file=io.StringIO(), width=80)
        with StageDisplay(console, ("background",), lines=lines) as display:
            display.show_event(Event("background", "finished", 1.0, engine="flat", seconds=2))
        assert console.file.getvalue() == expected
