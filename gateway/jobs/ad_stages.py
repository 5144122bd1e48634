"""The stages that ads in flight are in, which watchers of their jobs see; in memory alone."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import NamedTuple

# Growth of a fraction that watchers are woken for. Smaller: smoother bars, and more messages.
MIN_GROWTH = 0.05


class AdStage(NamedTuple):
    """A stage by its name, and the share of its work that is done, 0 to 1."""

    name: str
    fraction: float = 0.0


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
        is_same = before is not None and before.name == stage.name
        if is_same and before and stage.fraction < before.fraction + MIN_GROWTH:
            return
        self._stages[job][position] = stage
        self._notify(job)

    def end(self, job: str, position: int) -> None:
        """Forgets an ad that is no longer in flight."""
        self._stages[job].pop(position, None)
        if not self._stages[job]:
            del self._stages[job]
