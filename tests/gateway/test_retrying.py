import pytest

from gateway.retries import MOST_RETRIES, BrokenOff, Retries


class Sender:
    """Breaks off so many times, then answers."""

    def __init__(self, breaks: int) -> None:
        self.breaks, self.sent = breaks, 0

    async def __call__(self) -> str:
        self.sent += 1
        if self.sent <= self.breaks:
            raise BrokenOff from ConnectionError("gone")
        return "answer"


async def test_an_answer_that_broke_off_is_asked_for_again():
    sender = Sender(MOST_RETRIES)
    assert await Retries("background").insist(sender) == "answer"


async def test_the_cause_is_raised_after_the_last_try():
    sender = Sender(99)
    with pytest.raises(ConnectionError, match="gone"):
        await Retries("background").insist(sender)
    assert sender.sent == MOST_RETRIES + 1


async def test_when_most_answers_break_off_none_is_asked_for_again_until_they_are_good():
    retries, tries = Retries("background"), []
    while not tries or tries[-1] > 1:
        sender = Sender(99)
        with pytest.raises(ConnectionError):
            await retries.insist(sender)
        tries.append(sender.sent)
    assert 10 < len(tries) < 30
    for _ in range(10):
        await retries.insist(Sender(0))
    assert await retries.insist(Sender(1)) == "answer"
