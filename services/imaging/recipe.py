"""The recipe of a rendered set, with which stage 4 builds again what stage 2 rendered."""

from dataclasses import dataclass

from cyclorama.v1 import image_pb2, scene_pb2
from services.imaging.view import PhotoView, view_from_message, view_to_message
from services.runtime.options import read_set_fields


@dataclass(frozen=True)
class Crop:
    """A part of a picture, as shares of its width and height: all of it by default."""

    left: float = 0.0
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0

    def cut(self, part: "Crop") -> "Crop":
        """Returns a part of this part as a part of the whole picture."""
        return Crop(
            left=self.left + part.left * self.width,
            top=self.top + part.top * self.height,
            width=self.width * part.width,
            height=self.height * part.height,
        )


WHOLE = Crop()


@dataclass(frozen=True)
class SetRecipe:
    """What it takes to build a set again, as in the contract's SetRecipe.

    renderer: version of the renderer that built it.
    width, height: size of the set's picture in pixels.
    view: of the photo that it followed; None: of none.
    crop: the part of the set's picture that is seen.
    """

    renderer: str
    prompt: str
    width: int
    height: int
    seed: int
    negative_prompt: str = ""
    camera_pitch: float | None = None
    product: str = ""
    product_height_mm: float | None = None
    view: PhotoView | None = None
    crop: Crop = WHOLE


def recipe_from_message(message: scene_pb2.SetRecipe) -> SetRecipe:
    """Returns a SetRecipe message as a SetRecipe; unset fields take their defaults."""
    fields = {"renderer": "", "prompt": "", "seed": 0, **read_set_fields(message)}
    return SetRecipe(
        **fields,
        width=message.size.width,
        height=message.size.height,
        view=view_from_message(message.view) if message.HasField("view") else None,
        crop=Crop(**read_set_fields(message.crop, exact=True)),
    )


def recipe_to_message(recipe: SetRecipe) -> scene_pb2.SetRecipe:
    """Returns the recipe of a set as a SetRecipe message."""
    return scene_pb2.SetRecipe(
        renderer=recipe.renderer,
        prompt=recipe.prompt,
        negative_prompt=recipe.negative_prompt,
        size=image_pb2.Size(width=recipe.width, height=recipe.height),
        seed=recipe.seed,
        camera_pitch=recipe.camera_pitch,
        product=recipe.product,
        product_height_mm=recipe.product_height_mm,
        view=view_to_message(recipe.view) if recipe.view else None,
        crop=scene_pb2.Crop(**vars(recipe.crop)) if recipe.crop != WHOLE else None,
    )
