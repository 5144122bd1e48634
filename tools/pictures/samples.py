"""Renders the sample product photos in clients/samples: `make samples`.

All shapes, materials and labels are defined here or by the studio, so the photos are free to
distribute.
"""

import itertools
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import mitsuba as mi
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from services.studio import film, materials, props, shapes, world
from services.studio.camera import Camera, create_camera
from services.studio.lighting import create_dome_light
from services.studio.lights import Lamp
from services.studio.sets import StudioSet
from services.studio.shapes import Mesh
from services.studio.surfaces import create_surface_material
from tools import ROOT

FOLDER = ROOT / "clients" / "samples"
# Of a photo, in pixels.
SIDE = 1200
# Per pixel; more: less noise before the denoiser, and slower.
SAMPLES = 24
# Standard deviation in levels, as photos have.
SENSOR_NOISE = 1.4
JPEG_QUALITY = 92
RGB = tuple[int, int, int]
Shapes = dict[str, object]


@dataclass(frozen=True)
class SamplePhoto:
    """A sample photo: product, setting, pitch of the camera in degrees, and its aperture."""

    product: Callable[[], Shapes]
    setting: Callable[[Camera, np.random.Generator], Shapes]
    pitch: float
    aperture: float = 0.006


def build_bottle() -> Shapes:
    """Builds a green bottle of body oil with a golden cap, 0.62 units tall."""
    body = [(0.0, 0.0), (0.105, 0.0), (0.12, 0.006), (0.127, 0.02), (0.127, 0.36)]
    body += [(0.127 - 0.08 * t**2, 0.36 + 0.11 * t) for t in np.linspace(0.1, 1, 14)]
    body += [(0.045, 0.49), (0.045, 0.515)]
    cap = [(0.0, 0.0), (0.053, 0.0), (0.056, 0.003), (0.056, 0.1), (0.053, 0.105), (0.0, 0.105)]
    label = draw_label(
        (900, 760), (247, 244, 236), (38, 64, 52), ("AURELIA", "botanical body oil", "100 ml")
    )
    return {
        "body": world.load_mesh(
            "body",
            revolve_profile(body),
            materials.create_glossy_material(create_spectrum(34, 92, 70), 0.12, 0.6),
        ),
        "cap": world.load_mesh(
            "cap",
            revolve_profile(cap).translate(y=0.515),
            materials.create_metal_material(create_spectrum(232, 196, 122), 0.18),
        ),
        "label": world.load_mesh(
            "label", build_label_band(0.1275, 0.07, 0.315, 78), create_paper(label)
        ),
    }


def build_jar() -> Shapes:
    """Builds a white jar of cream with a wooden lid, 0.3 units tall."""
    body = [(0.0, 0.0), (0.165, 0.0), (0.182, 0.008), (0.19, 0.03), (0.19, 0.19), (0.184, 0.205)]
    body += [(0.172, 0.21), (0.0, 0.21)]
    lid = [(0.0, 0.0), (0.178, 0.0), (0.183, 0.004), (0.183, 0.078), (0.176, 0.087), (0.0, 0.087)]
    label = draw_label(
        (1200, 430), (226, 150, 120), (255, 250, 244), ("SOLENNE", "day cream", "50 ml")
    )
    return {
        "body": world.load_mesh(
            "body",
            revolve_profile(body),
            materials.create_glossy_material(create_spectrum(240, 238, 233), 0.16),
        ),
        "lid": world.load_mesh(
            "lid",
            revolve_profile(lid).translate(y=0.21),
            materials.create_glossy_material(create_spectrum(188, 146, 100), 0.42),
        ),
        "label": world.load_mesh(
            "label", build_label_band(0.1905, 0.05, 0.165, 62), create_paper(label)
        ),
    }


def build_box() -> Shapes:
    """Builds a printed carton of tea, 0.46 units tall, rotated to show two sides."""
    turn, width, depth, height = 28, 0.3, 0.17, 0.46
    front = draw_label(
        (780, 1200), (36, 58, 92), (244, 206, 120), ("KOMOREBI", "green tea", "20 bags")
    )
    carton = shapes.extrude_outline(
        shapes.outline_rounded_rectangle(width, depth, 0.004, 2), height, 0.003
    )
    print_ = build_panel(width - 0.006, height - 0.006).translate(y=0.003, z=depth / 2 + 0.0008)
    return {
        "carton": world.load_mesh(
            "carton",
            carton.rotate(turn),
            materials.create_glossy_material(create_spectrum(36, 58, 92), 0.45),
        ),
        "print": world.load_mesh("print", print_.rotate(turn), create_paper(front)),
    }


def build_plain_setting(camera: Camera, rng: np.random.Generator) -> Shapes:
    """Builds a seamless light backdrop."""
    sweep = shapes.create_sweep(4.0, 3.0, -1.6, 0.9, 4.0)
    return {
        "sweep": world.load_mesh(
            "sweep", sweep, materials.create_matte_material(create_spectrum(176, 182, 190))
        )
    }


def build_cluttered_setting(camera: Camera, rng: np.random.Generator) -> Shapes:
    """Builds a table with crockery, books and a plant in front of a painted wall."""
    table = shapes.extrude_outline(
        shapes.outline_rounded_rectangle(6.0, 2.6, 0.02, 4), 0.1, 0.01
    ).translate(y=-0.1)
    cloth = create_surface_material("linen", {}, rng, (92, 112, 132))
    objects: Shapes = {"table": world.load_mesh("table", table, cloth)}
    colors = ((176, 58, 46), (52, 84, 120), (222, 184, 92), (86, 110, 84))
    for number, color in enumerate(colors):
        book = shapes.extrude_outline(
            shapes.outline_rounded_rectangle(0.42 - 0.03 * number, 0.3, 0.01, 4), 0.05, 0.004
        )
        place = book.rotate(8 * number - 14).translate(0.62, 0.05 * number, -1.0)
        objects[f"book-{number}"] = world.load_mesh(
            f"book-{number}", place, materials.create_glossy_material(create_spectrum(*color))
        )
    vessels = {
        "vase": props.create_vase(0.5, 0.11).translate(-0.62, 0, -1.1),
        "cup": props.create_bowl(0.11, 0.085).translate(-0.48, 0, -0.7),
        "dish": props.create_dish(0.2).translate(0.52, 0, -0.5),
    }
    glazes = ((226, 218, 204), (122, 150, 164), (214, 208, 200))
    for (name, body), color in zip(vessels.items(), glazes, strict=True):
        objects[name] = world.load_mesh(
            name, body, materials.create_glossy_material(create_spectrum(*color), 0.25)
        )
    leaves = [
        props.create_sprig(0.4, 9, rng, size=0.1)
        .rotate(-90, "x")
        .rotate(lean, "z")
        .translate(-0.62, 0.45, -1.1)
        for lean in (-30, -8, 14, 34)
    ]
    objects["leaves"] = world.load_mesh(
        "leaves",
        shapes.join_meshes(leaves),
        materials.create_matte_material(create_spectrum(84, 116, 66)),
    )
    wall = shapes.create_sweep(6.0, 3.0, -2.2, 0.2, 5.0).translate(y=-0.12)
    objects["wall"] = world.load_mesh(
        "wall", wall, materials.create_matte_material(create_spectrum(86, 108, 138))
    )
    return objects


SAMPLE_PHOTOS: Mapping[str, SamplePhoto] = {
    "bottle": SamplePhoto(build_bottle, build_plain_setting, 14),
    "jar": SamplePhoto(build_jar, build_plain_setting, 24),
    "box": SamplePhoto(build_box, build_plain_setting, 16),
    "bottle-cluttered": SamplePhoto(build_bottle, build_cluttered_setting, 14, 0.028),
    "jar-cluttered": SamplePhoto(build_jar, build_cluttered_setting, 24, 0.028),
}


def render_photo(sample: SamplePhoto, seed: int) -> np.ndarray:
    """Renders a sample photo with sensor noise: uint8 RGB (SIDE, SIDE, 3)."""
    camera = create_camera(SIDE, SIDE, sample.pitch, 0.8, 26.0)
    objects = sample.setting(camera, np.random.default_rng(seed)) | sample.product()
    key = Lamp(310, 48, 3.0, 1.5, 1.5, 0.75)
    fill = Lamp(70, 30, 3.0, 1.8, 1.8, 0.18)
    boxes = ((300, 40, 30, 1.2), (60, 30, 24, 0.6))
    scenery = StudioSet(
        objects, key, create_dome_light(0.34, None, boxes), 0.0, lamps=(fill,), exposure=1.25
    )
    sensor = world.load_sensor(
        camera, (SIDE, SIDE), (0, SIDE), SAMPLES, sample.aperture, camera.distance
    )
    light = film.render_light(world.load_scene(scenery), sensor, seed)
    pixels = film.develop_image(film.denoise_light(light), scenery.exposure, seed)
    noise = np.random.default_rng(seed).normal(0, SENSOR_NOISE, pixels.shape)
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


def draw_label(
    size: tuple[int, int], ground: RGB, ink: RGB, lines: tuple[str, str, str]
) -> np.ndarray:
    """Draws a label with name, kind and contents: uint8 RGB (height, width, 3).

    size: width and height.
    """
    width, height = size
    picture = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(picture)
    rows = zip(lines, (0.34, 0.52, 0.78), (1.0, 0.42, 0.34), strict=True)
    for text, row, share in rows:
        font = ImageFont.load_default(share * min(0.24 * height, 0.16 * width))
        draw.text((width / 2, row * height), text, ink, font, anchor="mm")
    for row in (0.14, 0.64, 0.9):
        rule = (0.36 * width, row * height, 0.64 * width, row * height + 3)
        draw.rectangle(rule, ink)
    return np.array(picture)


def revolve_profile(profile: list[tuple[float, float]]) -> Mesh:
    """Builds a solid of revolution from points (radius, height), bottom to top."""
    points = np.array(profile)
    dense = [
        start + (end - start) * t
        for start, end in itertools.pairwise(points)
        for t in np.linspace(0, 1, 8, endpoint=False)
    ]
    return shapes.revolve_profile([*map(tuple, dense), tuple(points[-1])][::-1], 128)


def build_label_band(radius: float, low: float, high: float, half_angle: float) -> Mesh:
    """Builds the part of a cylinder that faces the camera, with texture coordinates 0 to 1."""
    angle = np.radians(np.linspace(-half_angle, half_angle, 97))
    across = np.linspace(0, 1, len(angle))
    normals = np.column_stack([np.sin(angle), 0 * angle, np.cos(angle)])
    rings = [normals * radius + [0, level, 0] for level in (low, high)]
    places = [np.column_stack([across, np.full(len(angle), v)]) for v in (1.0, 0.0)]
    return join_rows(rings, np.tile(normals, (2, 1)), places)


def build_panel(width: float, height: float) -> Mesh:
    """Builds an upright rectangle that faces the camera, with texture coordinates 0 to 1."""
    rings = [np.array([[-width / 2, y, 0.0], [width / 2, y, 0.0]]) for y in (0.0, height)]
    places = [np.array([[0.0, v], [1.0, v]]) for v in (1.0, 0.0)]
    return join_rows(rings, np.tile([0.0, 0.0, 1.0], (4, 1)), places)


def join_rows(rings: list[np.ndarray], normals: np.ndarray, places: list[np.ndarray]) -> Mesh:
    """Builds a surface between two rows of points, each float64 (n, 3)."""
    count = len(rings[0])
    faces = [(i, i + 1, i + 1 + count) for i in range(count - 1)]
    faces += [(i, i + 1 + count, i + count) for i in range(count - 1)]
    return Mesh(np.concatenate(rings), normals, np.concatenate(places), np.array(faces))


def create_paper(picture: np.ndarray) -> materials.Material:
    """Creates the material of printed paper. picture: uint8 RGB (H, W, 3)."""
    return materials.create_glossy_material(materials.create_texture(picture), 0.5, 0.3)


def create_spectrum(red: int, green: int, blue: int) -> dict:
    """Returns an sRGB color, 0 to 255, as a spectrum."""
    return materials.spectrum_from_srgb((red, green, blue))


def main() -> None:
    """Renders the samples named on the command line, or all."""
    mi.set_variant("scalar_rgb")
    for seed, (name, sample) in enumerate(SAMPLE_PHOTOS.items()):
        if name in (sys.argv[1:] or SAMPLE_PHOTOS):
            path = FOLDER / f"{name}.jpg"
            pixels = cv2.cvtColor(render_photo(sample, seed), cv2.COLOR_RGB2BGR)
            cv2.imwrite(str(path), pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
            print(path)


if __name__ == "__main__":
    main()
