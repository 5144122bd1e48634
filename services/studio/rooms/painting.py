"""Paints a room out of focus: a small path-traced picture of its model, blurred as by a lens.

Modeled rooms have what painted ones lack: light that falls off, bounces and casts shadows. Out of
focus a small picture is enough.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from services.imaging.color import LUMINANCE
from services.studio import film, materials, world
from services.studio.backdrops.canvas import PIXELS_PER_UNIT, defocus_light
from services.studio.camera import Camera
from services.studio.color import linear_from_srgb
from services.studio.rooms import ROOMS
from services.studio.rooms.room import FILL_LIGHT, Gloss, Glow, LightPoint, Room
from services.studio.rooms.solids import create_panel
from services.studio.rooms.style import RoomStyle
from services.studio.shapes import Mesh, create_rotation_matrix, join_meshes

# Pixels of the render per pixel of the painting, and its fewest and most per unit. Larger: sharper
# outlines under the blur, proportionally more time.
RENDER_SHARE, MIN_RENDER_PIXELS, MAX_RENDER_PIXELS = 0.32, 40, 130
# Largest render in pixels; what is kept takes 12 bytes for each.
MAX_RENDER_AREA = 60_000
# Light paths per pixel. More: less noise for the denoiser to guess at, slower.
SAMPLES = 8
# Pixels of the blurred picture per pixel of the render. Larger: rounder discs, slower blur.
BLUR_SCALE = 2
# Radius of the lens's disc in units. Larger: rooms are further out of focus.
BLUR_RADIUS = 0.014
# Renders kept in memory.
KEPT_RENDERS = 16
# Meters from the floor to the eye, which is above a table's top.
EYE_HEIGHT = 1.22
# Smallest angle of view of a room in degrees per unit. Larger: more of the room is seen.
MIN_ROOM_ANGLE = 40.0
# Degrees to each side that the camera turns by seed, and meters that it moves.
MAX_TURN, MAX_SHIFT = 13.0, 0.35
# Units rendered below the table's edge, which the blur mixes in, and the least that is rendered.
EDGE_MARGIN, MIN_RENDERED = 0.08, 0.2
# Geometric mean of the luminance of a room in its picture, by hour; middle gray is 0.18.
EXPOSURES = {"day": 0.4, "golden": 0.24, "evening": 0.12, "night": 0.07}
# Factors on it by mood.
MOOD_FACTORS = {"dark": 0.8, "bright": 1.3, None: 1.0}
# Percentile of the luminance that may be at most this factor above the level: rooms with large
# windows or lit walls stay darker. A larger factor: such rooms are brighter, their lights white.
BRIGHT_PERCENTILE, MAX_BRIGHT_FACTOR = 82, 2.8
# Light from which highlights are compressed, and the limit that they approach.
HIGHLIGHT_START, HIGHLIGHT_LIMIT = 0.7, 1.7
# Reflections that light is followed through. Larger: brighter corners, slower.
BOUNCES = 4


@dataclass(frozen=True)
class _View:
    """What of a room is rendered.

    height, width: size of the painting in units.
    level: height of the table's far edge above the painting's center, in units.
    eye: height of the eye above the painting's center, in units.
    view_angle: degrees that one unit spans.
    pixels: of the render per unit.
    """

    height: float
    width: float
    level: float
    eye: float
    view_angle: float
    pixels: float

    @property
    def half_height(self) -> float:
        """Half the height, in units, of the symmetric view around the eye that covers it all."""
        return self.height / 2 + abs(self.eye)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the symmetric view in pixels."""
        return 2 * round(self.half_height * self.pixels), round(self.width * self.pixels)

    @property
    def rows(self) -> tuple[int, int]:
        """First and end of the rows to render: from the painting's top to the table's edge."""
        top = self.height / 2
        bottom = min(self.level - EDGE_MARGIN, top - MIN_RENDERED)
        middle = self.size[0] / 2
        first = round(middle + (self.eye - top) * self.pixels)
        end = round(middle + (self.eye - max(bottom, -top)) * self.pixels)
        return max(0, first), min(self.size[0], end)


def paint_room(
    name: str,
    size: tuple[float, float],
    level: float,
    eye: float,
    view_angle: float,
    style: RoomStyle,
    seed: int,
    pixels: float = PIXELS_PER_UNIT,
) -> np.ndarray:
    """Paints a room out of focus: linear light, float32 RGB (h, w, 3), 0 to about 1.7.

    name: of an entry of ROOMS.
    size: (height, width) of the painting in units.
    level: height of the table's far edge above the painting's center, in units.
    eye: height of the eye above it, in units. Higher: more of the floor is seen.
    view_angle: degrees that the camera sees along one unit.
    style: colors, light and parts of the room.
    seed: varies camera, arrangement and colors.
    pixels: of the painting per unit; half of the image's shorter side shows all there is.

    Raises KeyError for an unknown name. Mitsuba's variant must be set before.
    """
    view = _View(
        *size,
        level=min(level, size[0] / 2),
        eye=eye,
        view_angle=max(view_angle, MIN_ROOM_ANGLE),
        pixels=_choose_render_pixels(size, pixels),
    )
    light, points = _render_room(name, view, style, seed)
    height, width = (max(1, math.ceil(side * pixels)) for side in size)
    return _finish_painting(light, points, view, (height, width))


def _choose_render_pixels(size: tuple[float, float], pixels: float) -> float:
    """Returns the render's pixels per unit.

    size: (height, width) of the painting in units.
    pixels: of the painting per unit.
    """
    wanted = np.clip(pixels * RENDER_SHARE, MIN_RENDER_PIXELS, MAX_RENDER_PIXELS)
    return float(min(wanted, math.sqrt(MAX_RENDER_AREA / (size[0] * size[1]))))


@lru_cache(maxsize=KEPT_RENDERS)
def _render_room(
    name: str, view: _View, style: RoomStyle, seed: int
) -> tuple[np.ndarray, tuple[LightPoint, ...]]:
    """Renders a room without blur: exposed light, float32 RGB (h, w, 3), and its light points.

    The rows are those of the view; the points are relative to the camera.
    """
    rng = np.random.default_rng([seed, len(name), *name.encode()])
    room = Room(style, rng)
    ROOMS[name](room)
    eye = np.array([rng.uniform(-MAX_SHIFT, MAX_SHIFT), EYE_HEIGHT + rng.uniform(-0.08, 0.08), 0])
    turn = rng.uniform(-MAX_TURN, MAX_TURN)
    shapes = _load_room_shapes(room, eye, turn)
    camera = Camera(
        width=view.size[1],
        height=view.size[0],
        pitch=0.0,
        view_angle=2
        * math.degrees(
            math.atan(2 * view.half_height * math.tan(math.radians(view.view_angle) / 2))
        ),
        distance=0.0,
        ground_line=0.5,
    )
    sensor = world.load_sensor(camera, view.size, view.rows, SAMPLES, aperture=0.0, focus=1.0)
    light = film.denoise_light(film.render_light(world.load_shapes(shapes, BOUNCES), sensor, seed))
    factor = room.brightness * _find_exposure(light, room.style)
    points = tuple(
        LightPoint(tuple(_place_before_camera(np.array(p.place), eye, turn)), p.radius, p.light)
        for p in room.points
    )
    return light * factor, points


def forget_rooms() -> None:
    """Deletes the renders that are kept in memory."""
    _render_room.cache_clear()


def _place_before_camera(points: np.ndarray, eye: np.ndarray, turn: float) -> np.ndarray:
    """Converts points of a room, float (n, 3) or (3,), to camera coordinates.

    eye: of the camera in the room, float (3,); turn: degrees of the camera about the y axis.
    """
    return (points - eye) @ create_rotation_matrix(-turn, "y").T


def _load_room_shapes(room: Room, eye: np.ndarray, turn: float) -> dict[str, object]:
    """Loads a room into Mitsuba with the camera at the origin, looking along -z.

    eye, turn: as _place_before_camera takes them.

    Returns Mitsuba shapes by name.
    """

    def turn_to_camera(mesh: Mesh) -> Mesh:
        return Mesh(
            vertices=_place_before_camera(mesh.vertices, eye, turn),
            normals=_place_before_camera(mesh.normals, np.zeros(3), turn),
            uv=mesh.uv,
            faces=mesh.faces,
        )

    shapes: dict[str, object] = {}
    for gloss, solids in room.solids.items():
        mesh = turn_to_camera(join_meshes([solid.mesh for solid in solids]))
        colors = [linear_from_srgb(solid.color) for solid in solids]
        counts = [len(solid.mesh.vertices) for solid in solids]
        shapes[gloss.value] = world.load_mesh(
            gloss.value, mesh, _create_finish(gloss), colors=np.repeat(colors, counts, axis=0)
        )
    dark = materials.create_matte_material((20, 20, 20))
    for number, glow in enumerate([*room.glows, _create_fill(room)]):
        name = f"glow-{number}"
        shapes[name] = world.load_mesh(
            name, turn_to_camera(glow.mesh), dark, _describe_radiance(glow.light)
        )
    return shapes


def _create_finish(gloss: Gloss) -> materials.Material:
    """Creates a material that takes its color from the mesh."""
    match gloss:
        case Gloss.SATIN:
            return materials.create_glossy_material(materials.VERTEX_COLORS, roughness=0.4)
        case Gloss.POLISHED:
            return materials.create_glossy_material(materials.VERTEX_COLORS, roughness=0.2)
        case Gloss.METAL:
            return materials.create_metal_material(materials.VERTEX_COLORS, roughness=0.3)
        case Gloss.MIRROR:
            return materials.create_metal_material(materials.VERTEX_COLORS, roughness=0.06)
    return materials.create_matte_material(materials.VERTEX_COLORS)


def _describe_radiance(light: np.ndarray) -> materials.MitsubaDict:
    """Describes light for Mitsuba: linear RGB, float (3,), or a picture, float32 (h, w, 3)."""
    if light.ndim == 1:
        return materials.spectrum_from_linear(light)
    return materials.create_light_texture(light)


def _create_fill(room: Room) -> Glow:
    """Creates the light from behind the camera, as of the rest of the room."""
    panel = create_panel(2 * room.half_width, room.ceiling).rotate(180).translate(z=1.6)
    hour = room.style.hour
    warm = room.daylight if hour in ("day", "golden") else room.lamplight
    return Glow(panel, FILL_LIGHT[hour] * warm / max(float(warm @ LUMINANCE), 1e-6))


def _find_exposure(light: np.ndarray, style: RoomStyle) -> float:
    """Returns the factor that brings a rendered room, float32 RGB (h, w, 3), to its usual level."""
    luminance = light @ LUMINANCE.astype(np.float32)
    mean = math.exp(float(np.log(luminance + 1e-3).mean()))
    level = EXPOSURES[style.hour] * MOOD_FACTORS[style.mood]
    bright = float(np.percentile(luminance, BRIGHT_PERCENTILE))
    return level / max(mean, bright / MAX_BRIGHT_FACTOR)


def _finish_painting(
    light: np.ndarray, points: tuple[LightPoint, ...], view: _View, size: tuple[int, int]
) -> np.ndarray:
    """Adds light points to a render, blurs it and enlarges it: float32 RGB (h, w, 3).

    light: as rendered, float32 RGB (h, w, 3).
    size: (height, width) of the painting in pixels.
    """
    rows, columns = light.shape[0] * BLUR_SCALE, light.shape[1] * BLUR_SCALE
    large = cv2.resize(_compress_highlights(light), (columns, rows), interpolation=cv2.INTER_CUBIC)
    large = np.maximum(large, 0)
    for point in points:
        _draw_point(large, point, view)
    scale = view.pixels * BLUR_SCALE
    # The canvas counts its own pixels per unit.
    soft = defocus_light(large, BLUR_RADIUS * scale / PIXELS_PER_UNIT)
    below = max(0, round(view.height * scale) - rows)
    whole = cv2.copyMakeBorder(soft, 0, below, 0, 0, cv2.BORDER_REPLICATE)
    return np.maximum(cv2.resize(whole, size[::-1], interpolation=cv2.INTER_CUBIC), 0)


def _compress_highlights(light: np.ndarray) -> np.ndarray:
    """Compresses bright light, float32 RGB (h, w, 3), so that windows are no white boxes."""
    brightest = light.max(axis=2, keepdims=True)
    span = HIGHLIGHT_LIMIT - HIGHLIGHT_START
    excess = np.maximum(brightest - HIGHLIGHT_START, 0)
    compressed = HIGHLIGHT_START + span * excess / (excess + span)
    return light * np.where(excess > 0, compressed / np.maximum(brightest, 1e-6), 1)


def _draw_point(light: np.ndarray, point: LightPoint, view: _View) -> None:
    """Draws a small lamp as a disc of its light.

    light: float32 RGB (h, w, 3), changed in place.
    point: relative to the camera.
    """
    x, y, z = point.place
    if z >= -0.1:
        return
    scale = view.pixels * BLUR_SCALE
    per_meter = scale / (2 * math.tan(math.radians(view.view_angle) / 2) * -z)
    column = light.shape[1] / 2 + x * per_meter
    row = (view.size[0] / 2 - view.rows[0]) * BLUR_SCALE - y * per_meter
    radius = max(point.radius * per_meter, 1.0)
    # A lamp smaller than a pixel keeps its energy.
    share = min(1.0, point.radius * per_meter) ** 2
    disc = np.zeros(light.shape[:2], np.float32)
    cv2.circle(
        disc, (round(column * 16), round(row * 16)), round(radius * 16), 1.0, -1, cv2.LINE_AA, 4
    )
    light += share * disc[..., None] * point.light.astype(np.float32)
