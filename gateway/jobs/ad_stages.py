"""The stages that ads in flight are in, which watchers of their jobs see; in memory alone."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import NamedTuple

# Growth of a fraction that watchers are woken for. Smaller: smoother bars, and more messages.
MIN_GROWTH = 0.05


class AdStage(NamedTuple):
    """A stage by its name, the share of its work that is done, 0 to 1, and the attempt it is of.

    attempt: number of the attempt to make the ad, from 1. retry_reason: of the error that ended the
    attempt before; empty in the first.
    """

    name: str
    fraction: float = 0.0
    attempt: int = 1
    retry_reason: str = ""

    def continues(self, before: "AdStage") -> bool:
        """Whether this is the same stage of the same attempt as another one."""
        return (self.name, self.attempt) == (before.name, before.attempt)


class AdStages:
    """The stages of the ads that this gateway makes, by job and position."""

    def __init__(self, notify: Callable[[str], None]) -> None:
        """Starts without ads. notify: called with the id of a job of which an ad got on."""
        self._notify = notify
        self._stages: defaultdict[str, dict[int, AdStage]] = defaultdict(dict)

    def list_stages(self, job: str) -> Mapping[int, AdStage]:
        """Returns the stages of a job's ads in flight, by their positions."""
        return self._stages.get(job, {})

    def note(self, job: str, position: int, stage: AdStage) -> None:
        """Notes the stage that an ad is in; a fraction that hardly grew is left out."""
        before = self._stages[job].get(position)
        if before and stage.continues(before) and stage.fraction < before.fraction + MIN_GROWTH:
            return
        self._stages[job][position] = stage
        self._notify(job)

    def end(self, job: str, position: int) -> None:
        """Forgets an ad that is no longer in flight."""
        self._stages[job].pop(position, None)
        if not self._stages[job]:
            del self._stages[job]
