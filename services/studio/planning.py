"""Plans a set from a request: reads its brief, chooses its place, its camera and its scale."""

from dataclasses import dataclass, replace

import numpy as np
import structlog

from services.imaging.view import PhotoView
from services.runtime.limits import DEFAULT_SIDE, MIN_LYING_PITCH
from services.studio.briefs.brief import Brief, LightOptions
from services.studio.briefs.places import ROOMS
from services.studio.camera import Camera, create_camera
from services.studio.composing import BARE_PITCH
from services.studio.grounds import GROUNDS, find_ground
from services.studio.grounds.ground import GroundShape
from services.studio.panoramas.library import (
    NO_PANORAMAS,
    Panorama,
    PanoramaLibrary,
    find_panorama,
)
from services.studio.panoramas.reading import UnusablePanorama
from services.studio.places import find_place
from services.studio.places.photographed import PART_WORDS, find_shown_parts
from services.studio.places.place import Place
from services.studio.product_sizes import find_usual_height
from services.studio.sets import SetPlan, Surface

log = structlog.get_logger()

# Units that a product is tall on a usual set.
PRODUCT_UNITS = 0.6
# Millimeters of a product whose size is not known: a bottle, a mug or a box.
USUAL_HEIGHT_MM = 190.0
# Millimeters per unit, smallest and largest: the world of a ring, and that of a chair.
MIN_SCALE, MAX_SCALE = 130.0, 1600.0
# Degrees of pitch, and of the view angle, that the seed adds or takes where the brief leaves them
# open. Larger: more different compositions.
PITCH_VARIATION, VIEW_VARIATION = 2.5, 2.0
# Share of the height that the ground line varies between seeds.
LINE_VARIATION = 0.02
# Columns of the product, as shares of the width, that the seed picks from: left and right of the
# middle, where a picture has a quiet side and a lively one, and the middle itself. Further out:
# wide products reach the picture's edge.
PRODUCT_COLUMNS = (0.42, 0.58, 0.45, 0.55, 0.5)
# The same for products of at least this width divided by height, where named things need room.
WIDE_ASPECT, WIDE_COLUMNS = 0.8, (0.38, 0.62)
# The same where the brief wants room for lettering at the left or at the right.
TEXT_COLUMNS = {"left": 0.6, "right": 0.4}
# One seed in this many leaves steep views without a shadow pattern.
PATTERN_SEEDS = 4
# Kinds of wood that a brief leaves open, and those that suit the mood of its light.
PLAIN_WOODS = frozenset({"", "oak"})
WOODS_BY_MOOD = {"bright": "light oak", "dark": "dark oak"}
# Places that the sun comes into through windows.
SUNLIT_ROOMS = ROOMS | {"gym", "workshop"}
# Surfaces that are to have no pattern but their own.
PLAIN_SURFACES = frozenset({"plain", "paper"})


@dataclass(frozen=True)
class RenderRequest:
    """A set to render.

    prompt, negative_prompt: what it should and should not show.
    width, height: size of the image in pixels.
    seed: chooses among compositions and varies the details.
    camera_pitch: degrees that the camera looks down, 0 to 90; None: chosen from the prompt and
    the place.
    view: of the product's photo, which the set follows where neither pitch nor prompt say
    otherwise; None: none.
    product: what the product is, in words; empty: not known.
    product_height_mm: its height in millimeters; None: not known.
    """

    prompt: str
    width: int = DEFAULT_SIDE
    height: int = DEFAULT_SIDE
    seed: int = 0
    negative_prompt: str = ""
    camera_pitch: float | None = None
    view: PhotoView | None = None
    product: str = ""
    product_height_mm: float | None = None


def plan_set(
    request: RenderRequest, brief: Brief, panoramas: PanoramaLibrary = NO_PANORAMAS
) -> tuple[SetPlan, str, Place]:
    """Plans a set; returns the plan, and the name and the place that it is in.

    request: size of the image, seed, pitch and the product's size.
    brief: what is to be seen.
    panoramas: photographed places that it may be in.
    """
    # A garment that is photographed from above and is to hang before a wall.
    is_hung = brief.pose == "hanging"
    brief = follow_photo(brief, request.view) if request.view else brief
    name, place = find_place(brief)
    rng = np.random.default_rng(request.seed)
    # Drawn first, so that equal seeds compose alike whatever the brief leaves open.
    variation, light_side = int(rng.integers(1 << 16)), int(rng.choice((-1, 1)))
    tilt, zoom, rise = rng.uniform(-1, 1, 3)
    pitch = request.camera_pitch if request.camera_pitch is not None else brief.pitch
    if pitch is None and brief.place == "flat_lay":
        pitch = 90.0
    camera = create_camera(
        width=request.width,
        height=request.height,
        pitch=place.pitch + PITCH_VARIATION * tilt if pitch is None else float(pitch),
        ground_line=place.ground_line + LINE_VARIATION * rise,
        view_angle=brief.view_angle or place.view_angle + VIEW_VARIATION * zoom,
        product_x=choose_product_column(
            brief, variation, request.view.aspect if request.view else None
        ),
    )
    if pitch is None and request.view and not is_hung:
        camera = follow_camera(camera, request.view)
    if brief.light.azimuth is not None:
        light_side = 1 if brief.light.azimuth % 360 < 180 else -1
    surface = choose_surface(brief, place, variation)
    brief = cast_pattern(brief, place, surface, camera, variation)
    photograph = choose_photograph(brief, panoramas, rng)
    plan = SetPlan(
        brief,
        surface,
        camera,
        light_side,
        choose_scale(request, brief),
        variation,
        rng,
        photograph,
        request.view.aspect if request.view else None,
        request.product or brief.product,
    )
    return plan, name, place


def choose_product_column(brief: Brief, variation: int, aspect: float | None = None) -> float:
    """Returns the column of the product as a share of the width, away from lettering.

    aspect: width of the product divided by its height; None: not known.

    variation: number that picks among PRODUCT_COLUMNS where the brief wants no lettering.
    """
    usual = PRODUCT_COLUMNS[variation % len(PRODUCT_COLUMNS)]
    if brief.things and aspect is not None and aspect >= WIDE_ASPECT:
        usual = WIDE_COLUMNS[variation % len(WIDE_COLUMNS)]
    return TEXT_COLUMNS.get(brief.text_area or "", usual)


def follow_photo(brief: Brief, view: PhotoView) -> Brief:
    """Returns a brief with the photo's light and pose where it leaves them open."""
    light = brief.light
    if light.azimuth is None and view.light_azimuth is not None:
        light = replace(light, azimuth=view.light_azimuth)
    # Sets are made for standing products as it is.
    pose = None if view.stance == "standing" else view.stance or None
    return replace(brief, light=light, pose=brief.pose or pose)


def follow_camera(camera: Camera, view: PhotoView) -> Camera:
    """Returns a camera that sees the ground below the product as the photo does.

    Unchanged where the photo does not show that.

    camera: of the size and with the ground line of the set.
    """
    pitch = view.followed_pitch
    if pitch is None:
        return camera
    if pitch >= MIN_LYING_PITCH:
        return camera.look_down(pitch)
    if pitch < camera.ground_offset:
        return camera.look_level(pitch)
    return camera.look_down(pitch - camera.ground_offset)


def cast_pattern(
    brief: Brief, place: Place, surface: Surface, camera: Camera, variation: int
) -> Brief:
    """Returns a brief with the place's soft shadow pattern in steep views, for most seeds.

    Where the ground is all there is to see, its light shows the place. Plain surfaces stay plain,
    and so does the light where the brief asks anything of it or wants no shadows.
    """
    light = brief.light
    if (
        light.hard
        and not light.gobo
        and brief.place in SUNLIT_ROOMS
        and "shadows" not in brief.excluded
    ):
        # The sun comes in through a window.
        return replace(brief, light=replace(light, gobo=place.pattern or None))
    is_open = replace(light, azimuth=None) == LightOptions() and "shadows" not in brief.excluded
    is_plain = camera.pitch < BARE_PITCH or surface.name in PLAIN_SURFACES
    if not is_open or is_plain or variation % PATTERN_SEEDS == 0:
        return brief
    return replace(brief, light=replace(light, gobo=place.pattern or None, hard=False))


def choose_photograph(
    brief: Brief, panoramas: PanoramaLibrary, rng: np.random.Generator
) -> Panorama | None:
    """Chooses a panorama of the place that shows the parts that the brief names; None: none does.

    panoramas: those that there are; rng: picks among those that fit equally well.
    """
    if brief.season:
        # Most panoramas are of summer.
        return None
    found = find_panorama(
        panoramas, brief.place, brief.setting, brief.understood, brief.light.names, rng
    )
    named = {want.name for want in brief.things} & set(PART_WORDS)
    if found is None or not named <= find_shown_parts(found):
        return None
    try:
        found.read()
    except UnusablePanorama as error:
        log.warning("photographed places", why=str(error))
        return None
    return found


def choose_surface(brief: Brief, place: Place, variation: int) -> Surface:
    """Chooses what the product is on: the brief's surface, else one that suits the place.

    variation: number that picks among the place's surfaces.
    """
    color = brief.colors.get("surface")
    name, kind = brief.surface, brief.surface_kind
    usual = next((own for surface, _, own in place.surfaces if surface == name), None)
    under = [want for want in brief.things if want.position == "under" and want.name in GROUNDS]
    if under:
        name, usual = under[0].name, under[0].color
    if name is None or name not in GROUNDS:
        name, kind, usual = place.surfaces[variation % len(place.surfaces)]
    if name == "wood" and kind in PLAIN_WOODS and not (color or usual):
        kind = WOODS_BY_MOOD.get(brief.light.mood or "", kind)
    is_stand = find_ground(name, kind).shape is GroundShape.STAND
    return Surface(name, kind, color or usual, is_stand)


def choose_scale(request: RenderRequest, brief: Brief) -> float:
    """Returns the millimeters of a unit, by the product's height or its kind where it is known."""
    height = find_product_millimeters(request, brief) or USUAL_HEIGHT_MM
    return float(np.clip(height / PRODUCT_UNITS, MIN_SCALE, MAX_SCALE))


def find_product_millimeters(request: RenderRequest, brief: Brief) -> float | None:
    """Returns how tall the product is in millimeters, by its kind if need be; None: not known."""
    usual = find_usual_height(request.product) or find_usual_height(brief.product)
    return request.product_height_mm or usual


def find_product_height(request: RenderRequest, plan: SetPlan) -> float | None:
    """Returns how tall a product of true size is in the image, as a share of the image's height.

    None where the size of the product is not known. plan: of the set.
    """
    height = find_product_millimeters(request, plan.brief)
    return plan.camera.project_height(height / plan.millimeters_per_unit) if height else None
