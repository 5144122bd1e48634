"""The pairs of photo and truth: ten products, each in six of twelve sets."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.imaging.view import PhotoView
from services.studio.planning import RenderRequest

# Pixels of a set's side.
SET_SIDE = 512


@dataclass(frozen=True)
class TruthSet:
    """A set, and how the photos of the products in it are taken.

    pitch: degrees at which photo and set look down on the ground below the product.
    light_azimuth: degrees, as in the contract's Light.
    focal_length_mm: of the photos, on 35-mm film.
    has_exif: whether the photos name their focal length.
    sweep: sRGB of the ground that the photos are taken on.
    """

    prompt: str
    seed: int
    pitch: float
    light_azimuth: float
    focal_length_mm: float
    has_exif: bool
    sweep: tuple[int, int, int]

    @property
    def view(self) -> PhotoView:
        """How its photos show their product, as known without doubt."""
        return PhotoView(
            ground_pitch=self.pitch,
            pitch_confidence=1.0,
            stance="standing",
            focal_length_mm=self.focal_length_mm,
            light_azimuth=self.light_azimuth,
        )

    @property
    def request(self) -> RenderRequest:
        """The set to render."""
        return RenderRequest(self.prompt, SET_SIDE, SET_SIDE, self.seed, view=self.view)


# sRGB of the paper that photos are taken on.
LIGHT_GRAY, WHITE_PAPER, WARM_GRAY = (222, 223, 224), (246, 246, 246), (226, 221, 214)

SETS: Mapping[str, TruthSet] = {
    "kitchen": TruthSet(
        "white marble in a bright kitchen, lemons, morning light", 3, 15, 60, 70, True, LIGHT_GRAY
    ),
    "beach": TruthSet(
        "golden beach sand, turquoise sea, summer sun", 6, 35, 60, 70, False, WHITE_PAPER
    ),
    "podium": TruthSet("dusty pink podium, minimal studio", 1, 8, 300, 85, False, WHITE_PAPER),
    "arches": TruthSet("pastel lilac wall, geometric arches", 8, 15, 300, 50, True, WHITE_PAPER),
    "concrete": TruthSet(
        "raw concrete, hard window light, long shadows", 5, 25, 60, 50, True, LIGHT_GRAY
    ),
    "terrazzo": TruthSet(
        "terrazzo counter, palm leaf shadows, mediterranean", 9, 25, 300, 85, False, WARM_GRAY
    ),
    "luxury": TruthSet(
        "black marble, dark luxury, golden accents", 7, 35, 300, 70, False, WARM_GRAY
    ),
    "linen": TruthSet("linen tablecloth, beige wall, soft light", 10, 8, 60, 70, True, LIGHT_GRAY),
    "garden": TruthSet("wooden table in a garden, golden hour", 2, 45, 300, 50, True, WHITE_PAPER),
    "snow": TruthSet(
        "fresh snow, pine trees, cold winter morning", 11, 45, 300, 85, False, WARM_GRAY
    ),
    "night": TruthSet("neon city at night, wet asphalt", 4, 20, 60, 85, False, LIGHT_GRAY),
    "water": TruthSet("calm water, sunset sky, reflections", 12, 20, 60, 50, True, WHITE_PAPER),
}
"""By name; one half of the products stands in every other one."""

HALVES = ("bottle", "jar", "box", "ring", "tumbler"), ("can", "cup", "shoe", "goblet", "flask")
"""Names of products in tools.truth.products."""

PAIR_COUNT = len(SETS) * len(HALVES[0])


def list_pairs() -> list[tuple[str, str]]:
    """Returns the product and the set of each pair; the first dozen shows all of both."""
    return [
        # Shifted by one product from set to set of the same half.
        (half[(number // 2 + turn) % len(half)], name)
        for turn in range(len(HALVES[0]))
        for number, name in enumerate(SETS)
        for half in [HALVES[number % 2]]
    ]
