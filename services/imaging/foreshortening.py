"""Computes how much shorter depth on the ground looks under the pitch of a camera."""

import math

# Smallest sine of a pitch: ground that is seen edge-on would show no shadow. Larger: deeper bases
# and shadows for a level camera.
MIN_SINE = 0.12


def sine_of_pitch(pitch: float) -> float:
    """Returns by how much depth on the ground is foreshortened, MIN_SINE to 1; pitch: degrees."""
    return max(MIN_SINE, math.sin(math.radians(pitch)))
