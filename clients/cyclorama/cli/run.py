"""The command `run`, which makes ads with nothing running: it starts the services that it needs."""

from collections.abc import Sequence
from itertools import repeat
from pathlib import Path
from typing import Annotated

import typer

from cyclorama.ad_flags import read_format
from cyclorama.cli.campaign_command import Sizes, make_campaign
from cyclorama.cli.campaigns import CAMPAIGN_SUFFIXES
from cyclorama.cli.connection import Gateway, Seconds
from cyclorama.cli.create import make_ad
from cyclorama.cli.flag_options import BestOf, Flags, Layers, Mask, take_ad_flags
from cyclorama.cli.local_services import reach_gateway
from cyclorama.cli.options import (
    DASH,
    check_folder,
    check_output_file,
    require_file_or_dash,
)
from cyclorama.cli.output import Json
from cyclorama.defaults import GATEWAY
from cyclorama.option_words import parse_size
from cyclorama.result_names import name_results


@take_ad_flags
def run_locally(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="PHOTO",
            callback=require_file_or_dash,
            help="A product photo, a folder of them, a campaign (.csv, .yaml), or - for standard "
            "input.",
        ),
    ],
    prompt: Annotated[
        str, typer.Argument(metavar="[PROMPT]", help="What the scene should look like.")
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE|FOLDER",
            help="The ad's file, a folder for several, or - for standard output; default a name "
            "of photo and scene, and out.",
        ),
    ] = None,
    size: Sizes = None,
    *,
    flags: Flags,
    mask: Mask = None,
    layers: Layers = None,
    best_of: BestOf = 1,
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
    timeout: Seconds = 600,
) -> None:
    """Makes ads with nothing running: starts the services that it needs, and stops them.

    Where a gateway runs already, it is used instead. The services end with this command, also when
    it is interrupted or killed. They come with cyclorama-services[local].
    """
    is_campaign = source.is_dir() or source.suffix.lower() in CAMPAIGN_SUFFIXES
    if not is_campaign and not prompt.strip():
        raise ValueError('say what the scene should look like, as in "on a marble table"')
    if is_campaign and (mask or layers or best_of > 1 or output == DASH):
        raise ValueError("--mask, --layers, --best-of and -o - are for one photo")
    if not is_campaign and size and len(size) > 1:
        raise ValueError("several sizes need a folder of photos or a campaign")
    file = DASH if is_campaign else _name_ad(source, prompt, output, flags["format"], size)
    with reach_gateway(gateway, timeout) as (client, is_local):
        if is_campaign:
            given = {**flags, "prompt": [prompt] if prompt else None, "size": size}
            folder, keeps_running = output or Path("out"), not is_local
            make_campaign(
                client, source, folder, given, as_json=as_json, keeps_running=keeps_running
            )
            return
        given = {**flags, "size": size[0] if size else "", "mask": mask}
        make_ad(client, source, prompt, file, given, layers, best_of, as_json)


def _name_ad(
    photo: Path, prompt: str, output: Path | None, format_name: str, sizes: Sequence[str] | None
) -> Path:
    """Returns the path of an ad: `output`, in which it has a name of its own if that is a folder.

    A name without a suffix is that of a folder. Of its own, an ad has no name that a file has.

    format_name: of the ad, empty for PNG. sizes: of the command line, one at most.
    """
    if output == DASH or (output is None and photo == DASH):
        return DASH
    if output and output.suffix and not output.is_dir():
        check_output_file(output)
        return output
    from cyclorama.formats import find_format  # Here: --help starts faster.

    size = parse_size(sizes[0]) if sizes else (0, 0)
    suffix = find_format(read_format(format_name or "png")).suffix
    folder = output or Path()
    check_folder(folder)
    # Names of equal ads differ, and do not end.
    names = name_results(repeat((str(photo), prompt, size)))
    paths = (folder / f"{name}{suffix}" for name in names)
    return next(path for path in paths if not path.exists())
