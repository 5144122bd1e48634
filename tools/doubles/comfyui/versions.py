"""The differences between versions of ComfyUI, by version number."""

from dataclasses import dataclass

# The newest version that the double knows.
NEWEST = "0.36.0"


@dataclass(frozen=True)
class ComfyVersion:
    """What a version of ComfyUI does; read in the sources of 0.3.40, 0.3.64 and 0.36.0.

    text: such as 0.3.64.
    """

    text: str

    @property
    def reports_node_states(self) -> bool:
        """Whether it sends progress_state, and answers feature flags with pictures' metadata."""
        return self._is_at_least(0, 3, 45)

    @property
    def keeps_prompt_ids(self) -> bool:
        """Whether a job has the id that its client sent, rather than one of the server."""
        return self._is_at_least(0, 3, 57)

    @property
    def interrupts_by_id(self) -> bool:
        """Whether /interrupt reads a prompt_id, rather than stopping whatever runs."""
        return self._is_at_least(0, 3, 57)

    @property
    def has_schema_nodes(self) -> bool:
        """Whether /object_info lists the values of most extra nodes as a COMBO with options."""
        return self._is_at_least(0, 3, 66)

    @property
    def requires_uuids(self) -> bool:
        """Whether it rejects a prompt_id that is not a UUID in lower case with hyphens."""
        return self._is_at_least(0, 25)

    @property
    def cancels_jobs(self) -> bool:
        """Whether it has /api/jobs/{id}/cancel."""
        return self._is_at_least(0, 26)

    @property
    def records_cached_outputs(self) -> bool:
        """Whether the history of a job without client_id lists outputs from the cache."""
        return self._is_at_least(0, 28)

    @property
    def save_image_has_output(self) -> bool:
        """Whether SaveImage passes its images on to other nodes."""
        return self._is_at_least(0, 26)

    def _is_at_least(self, *numbers: int) -> bool:
        return tuple(map(int, self.text.split("."))) >= numbers
