"""Work in steps."""

from contextlib import contextmanager

from services.studio.steps import convert_steps, finish_steps, take_steps_within


def count_to_two():
    """Yields 1 and 2, and returns 3."""
    yield 1
    yield 2
    return 3


def test_all_steps_are_taken_for_the_result():
    assert finish_steps(count_to_two()) == 3


def test_steps_are_converted_and_the_result_is_not():
    assert list(convert_steps(count_to_two(), str)) == ["1", "2"]
    assert finish_steps(convert_steps(count_to_two(), str)) == 3


def test_a_context_ends_before_its_step_is_yielded():
    inside = []

    @contextmanager
    def enter():
        inside.append(True)
        yield
        inside.clear()

    steps = take_steps_within(enter, count_to_two())
    assert [(step, bool(inside)) for step in steps] == [(1, False), (2, False)]
    assert finish_steps(take_steps_within(enter, count_to_two())) == 3
