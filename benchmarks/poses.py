"""Share of photos of which stage 1 reports the right pose: stance, and whether the product leans.

python -m benchmarks.poses [--quick] [--folder FOLDER]

FOLDER contains photos/ and product-photos/; the default is $CYCLORAMA_EVAL, and without either the
benchmark is skipped. A service is started with the settings of the environment. Photos at odd
positions are the test half; nothing may be tuned on them. Theirs lets everything stand.
"""

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from benchmarks.serving import start_service
from cyclorama import Client
from services.imaging.view import PhotoView, view_from_message

FOLDERS = ("photos", "product-photos")
# A quick run takes one photo in so many; an odd number, so that both halves are in it.
QUICK_STEP = 7
GOAL = 0.9

Stances = frozenset[str]
STANDING, LYING = frozenset({"standing"}), frozenset({"lying"})


@dataclass(frozen=True)
class PoseLabel:
    """The pose of a photo, as seen by eye: stances that suit it, and whether it clearly leans.

    leans: None where both answers are right.
    """

    stances: Stances = STANDING
    leans: bool | None = False


STANDS = PoseLabel()
STANDS_LEANING = PoseLabel(leans=True)
LABELS: dict[str, PoseLabel] = {
    **dict.fromkeys(("bamboo-glass-jar", "candle-holder", "loafers", "mug"), STANDS),
    "salt-and-pepper-shakers": PoseLabel(leans=None),
    "hairdryer": PoseLabel(LYING | {"floating"}),
    "sunglasses": PoseLabel(LYING),
    "tank-top": PoseLabel(LYING | {"hanging"}),
    "watch": PoseLabel(LYING),
    **dict.fromkeys(("db_backpack_dog_00", "db_berry_bowl_01", "db_candle_01"), STANDS_LEANING),
    "db_can_01": PoseLabel(leans=None),
    "db_clock_04": PoseLabel(STANDING | LYING),
    **dict.fromkeys(("db_colorful_sneaker_00", "db_colorful_sneaker_01", "db_dog6_00"), STANDS),
    **dict.fromkeys(("db_duck_toy_03", "db_grey_sloth_plushie_04", "db_poop_emoji_03"), STANDS),
    **dict.fromkeys(("db_rc_car_03", "db_shiny_sneaker_02", "db_shiny_sneaker_05"), STANDS),
    **dict.fromkeys(("ecssd_0413", "ecssd_0492", "ecssd_0524", "ecssd_0609"), STANDS),
    "ecssd_0641": PoseLabel(LYING | {"floating"}),
    "studio_bear_plushie_03": PoseLabel(leans=None),
    **dict.fromkeys(("studio_candle_00", "studio_grey_sloth_plushie_01"), STANDS),
    **dict.fromkeys(("studio_rc_car_00", "studio_shiny_sneaker_03"), STANDS),
}


@dataclass(frozen=True)
class JudgedPhoto:
    """A labeled photo and how stage 1 sees it."""

    name: str
    label: PoseLabel
    view: PhotoView

    @property
    def is_right(self) -> bool:
        """Whether the stance suits; an unsure one lets the product stand."""
        return (self.view.stance or "standing") in self.label.stances

    @property
    def is_silently_wrong(self) -> bool:
        """Whether a stance was reported and does not suit."""
        return bool(self.view.stance) and not self.is_right

    @property
    def is_lean_right(self) -> bool:
        """Whether the lean was found where there is one, and none where there is not."""
        return self.label.leans in (None, self.view.tilt is not None)

    def describe(self) -> str:
        """Returns the result in a line."""
        marks = [*(("WRONG",) if not self.is_right else ())]
        marks += ["LEAN WRONG"] if not self.is_lean_right else []
        tilt = "" if self.view.tilt is None else f"{self.view.tilt:+.1f}"
        light = "" if self.view.light_azimuth is None else f"light {self.view.light_azimuth:.0f}"
        stance = self.view.stance or "unsure"
        return f"{self.name:30} {stance:9} {tilt:6} {light:10} {' '.join(marks)}".rstrip()


def main() -> None:
    """Judges the photos and writes the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few photos")
    parser.add_argument("--folder", type=Path, default=os.environ.get("CYCLORAMA_EVAL"))
    arguments = parse_arguments(parser)
    if not arguments.folder:
        print("skipped: set a folder of photos with --folder or CYCLORAMA_EVAL")
        return
    paths = find_labeled_photos(Path(arguments.folder))
    with start_service("services.segmentation") as address:
        judged = judge_photos(Client(address), paths[:: QUICK_STEP if arguments.quick else 1])
    tuning = {path.stem for path in paths[::2]}
    measured = {photo.name: vars(photo.view) for photo in judged}
    packages = ["opencv-python-headless", "numpy"]
    write_report("poses", build_rows(judged, tuning), arguments.quick, packages, measured)


def find_labeled_photos(folder: Path) -> list[Path]:
    """Returns the photos in a folder that have a label, in the order of their names."""
    found = (path for name in FOLDERS for path in (folder / name).glob("*.jpg"))
    return sorted((path for path in found if path.stem in LABELS), key=lambda path: path.stem)


def judge_photos(client: Client, paths: Sequence[Path]) -> list[JudgedPhoto]:
    """Has a segmentation service cut out photos; prints and returns how it sees each."""
    judged = []
    for path in paths:
        view = view_from_message(client.segment(path).reply.view)
        judged.append(JudgedPhoto(path.stem, LABELS[path.stem], view))
        print(judged[-1].describe(), flush=True)
    return judged


def build_rows(judged: Sequence[JudgedPhoto], tuning: set[str]) -> list[BenchmarkRow]:
    """Returns the report's rows; tuning: names of the photos of the tuning half."""
    halves = {
        "": judged,
        ", tuning half": [photo for photo in judged if photo.name in tuning],
        ", test half": [photo for photo in judged if photo.name not in tuning],
    }
    rows = [
        BenchmarkRow(
            claim=f"stance right{half}",
            unit="share",
            theirs=_find_share(photos, lambda photo: "standing" in photo.label.stances),
            ours=_find_share(photos, lambda photo: photo.is_right),
            goal=GOAL,
        )
        for half, photos in halves.items()
    ]
    leaning = [photo for photo in judged if photo.label.leans]
    level = [photo for photo in judged if photo.label.leans is False]
    wrong = _find_share(judged, lambda photo: photo.is_silently_wrong)
    cannot_stand = 1 - rows[0].theirs
    found = _find_share(leaning, lambda photo: photo.is_lean_right)
    turned = _find_share(level, lambda photo: not photo.is_lean_right)
    return [
        *rows,
        BenchmarkRow(
            *("stance silently wrong", "share", cannot_stand, wrong, round(1 - GOAL, 3)),
            lower_is_better=True,
        ),
        BenchmarkRow("leans found", "share", 0.0, found),
        BenchmarkRow("leans made up", "share", 0.0, turned, goal=0.0, lower_is_better=True),
    ]


def _find_share(photos: Sequence[JudgedPhoto], holds: Callable[[JudgedPhoto], bool]) -> float:
    """Returns the share of photos of which something is true; 0 without photos."""
    return sum(map(holds, photos)) / max(1, len(photos))


if __name__ == "__main__":
    main()
