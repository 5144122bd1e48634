"""The command `create`, which makes one ad."""

import secrets
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

import cyclorama
from cyclorama.ad_flags import build_ad_arguments, read_format
from cyclorama.cli.connection import Gateway, Seconds, Wait, open_client, wait_for_stages
from cyclorama.cli.flag_options import BestOf, Flags, Layers, Mask, take_ad_flags
from cyclorama.cli.options import DASH, check_folder, check_output_file, require_file_or_dash
from cyclorama.cli.output import (
    Json,
    StageDisplay,
    choose_console,
    format_left_out,
    print_json,
    print_measurements,
)
from cyclorama.cli.size_sets import choose_sizes, leave_out_lettering
from cyclorama.defaults import GATEWAY
from cyclorama.file_replacement import replace_file
from cyclorama.option_words import parse_size
from cyclorama.result_names import name_subject

# How many reasons for a mark are printed; the manifest and --json have all of them.
SHOWN_REASONS = 2


@take_ad_flags
def create_ad_file(
    photo: Annotated[
        Path,
        typer.Argument(
            metavar="PHOTO",
            callback=require_file_or_dash,
            help="The product photo; - reads standard input.",
        ),
    ],
    prompt: Annotated[str, typer.Option(metavar="TEXT", help="What the scene should look like.")],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The ad's file; the suffix sets its format. - writes standard output.",
        ),
    ],
    size: Annotated[
        str,
        typer.Option(
            metavar="WIDTHxHEIGHT", help="Size in pixels; default the profile's, or 1024x1024."
        ),
    ] = "",
    sizes: Annotated[
        str,
        typer.Option(
            metavar="PLATFORMS",
            help="Every usual size of these platforms, such as meta; -o is then a folder.",
        ),
    ] = "",
    *,
    flags: Flags,
    mask: Mask = None,
    layers: Layers = None,
    best_of: BestOf = 1,
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
    timeout: Seconds = 300,
    wait: Wait = 0,
) -> None:
    """Makes an ad of a photo and a prompt; saves its manifest next to it as .json."""
    if sizes:
        check_folder(output)
    else:
        check_output_file(output)
    with open_client(gateway, timeout=timeout) as client:
        # `wait` is how many seconds services that are starting may take.
        wait_for_stages(client, wait)
        if sizes:
            if size or layers or best_of > 1 or as_json or DASH in (photo, output):
                raise ValueError("--sizes: takes no --size, --layers, --best-of, --json and -")
            return make_sizes(client, photo, prompt, output, flags, sizes)
        given = {**flags, "size": size, "mask": mask}
        make_ad(client, photo, prompt, output, given, layers, best_of, as_json)


def make_ad(
    client: "cyclorama.Client",
    photo: Path,
    prompt: str,
    output: Path,
    flags: Flags,
    layers: Path | None,
    best_of: int,
    as_json: bool,
) -> None:
    """Makes an ad, saves its files and prints what became of it.

    The arguments are those of the command `create`; size and mask are among the flags.
    """
    if photo.is_dir():
        raise ValueError(f"{photo} is a folder; `cyclorama campaign` makes ads of all its photos")
    if as_json and output == DASH:
        raise ValueError("--json and -o -: standard output takes one of the two")
    arguments = build_ad_arguments({**flags, "format": _choose_format(flags, output)})
    if flags["size"]:
        arguments["size"] = parse_size(flags["size"])
    if flags["mask"]:
        arguments["mask"] = flags["mask"]
    arguments |= request_layers(layers)
    if layers:
        check_folder(layers.parent)
    picture = sys.stdin.buffer.read() if photo == DASH else photo
    # Standard output may be JSON or the ad.
    progress = choose_console(as_json or output == DASH)
    # Variants that differ by seed, of which only the best is saved.
    ads = create_variants(client, picture, prompt, arguments, best_of, progress, lines=not as_json)
    best = cyclorama.rank_ads(ads.values())[0]
    save_ad_files(best, output, layers)
    if as_json:
        return print_json(summarize_ad(best, output, layers, ads))
    print_ad(best, output, layers, ads, progress)


def make_sizes(
    client: "cyclorama.Client",
    photo: Path,
    prompt: str,
    folder: Path,
    flags: Flags,
    sizes: str,
) -> None:
    """Makes an ad in every size of some platforms, into a folder; prints each and its files.

    All have the same seed, so that they share what does not depend on the size. Words and a logo
    are left out where a platform refuses them.

    flags: those of the command, without size. sizes: names of platforms or their families,
    separated by commas.
    """
    from cyclorama.formats import find_format  # Here: --help starts faster.

    shared = {"seed": secrets.randbelow(2**31), **build_ad_arguments(flags), "reuse": True}
    progress = choose_console(as_json=False)
    for platform, (width, height) in choose_sizes(client.profiles(), sizes):
        own = shared | {"profile": platform.name, "size": (width, height)}
        arguments, why = leave_out_lettering(client, own)
        if why:
            progress.print(f"without words: {why}", soft_wrap=True, markup=False)
        ads = create_variants(client, photo, prompt, arguments, 1, progress, lines=True)
        (ad,) = ads.values()
        suffix = find_format(ad.format).suffix
        output = (
            folder / f"{name_subject(str(photo), prompt)}_{platform.name}_{width}x{height}{suffix}"
        )
        folder.mkdir(parents=True, exist_ok=True)
        save_ad_files(ad, output, None)
        print_ad(ad, output, None, ads, progress)


def _choose_format(flags: Flags, output: Path) -> str:
    """Returns the name of the ad's format: of --format, or by the suffix of its file."""
    from cyclorama.formats import format_name_from_path  # Here: --help starts faster.

    if output == DASH:
        return read_format(flags["format"] or "png")
    by_suffix = format_name_from_path(output)
    if flags["format"] and read_format(flags["format"]) != by_suffix:
        raise ValueError(f"--format {flags['format']}: the suffix of {output} says {by_suffix}")
    return by_suffix


def create_variants(
    client: "cyclorama.Client",
    photo: Path | bytes,
    prompt: str,
    arguments: dict[str, Any],
    count: int,
    progress: Console,
    *,
    lines: bool,
) -> "dict[int, cyclorama.Ad]":
    """Makes several ads of a photo and a prompt that differ by seed; returns them by seed.

    Shows the progress of each on the terminal.

    arguments: keyword arguments of Client.create_ad; their seed, or a random one, is the first, and
    the others count up. count: number of ads. progress: where to show it. lines: whether to print
    lines where that is no terminal.
    """
    first_seed = arguments.get("seed")
    if first_seed is None:
        # The largest seed is 2**31 - 1.
        first_seed = secrets.randbelow(2**31 - count)
    from cyclorama.calls import MAX_SEED  # Here: --help starts faster without gRPC.

    if first_seed + count - 1 > MAX_SEED:
        limit = MAX_SEED - count + 1
        raise ValueError(f"--seed {first_seed}: with --best-of {count}, at most {limit}")
    ads: dict[int, cyclorama.Ad] = {}
    for seed in range(first_seed, first_seed + count):
        with StageDisplay(progress, lines=lines) as display:
            variant = arguments | {"seed": seed}
            ads[seed] = client.create_ad(photo, prompt, on_event=display.show_event, **variant)
    return ads


def request_layers(path: Path | None) -> dict[str, bool]:
    """Returns the keyword arguments of Client.create_ad that request the ad's layers with the ad.

    path: a .psd file for all layers, a folder for a picture of each, or None for no layers.
    """
    if path is None:
        return {}
    return {"layered_file": True} if path.suffix.lower() == ".psd" else {"layers": True}


def save_ad_files(ad: "cyclorama.Ad", output: Path, layers: Path | None) -> None:
    """Saves an ad, its manifest next to it as .json, and its layers in a folder or one file.

    output: the path of the ad, or a dash for standard output, which takes no manifest. layers: a
    .psd file, a folder, or None for no layers.
    """
    if output == DASH:
        sys.stdout.buffer.write(ad.data)
        sys.stdout.buffer.flush()
    else:
        ad.save(output)
    if layers and ad.layered_file:
        layers.parent.mkdir(parents=True, exist_ok=True)
        replace_file(layers, ad.layered_file)
    if layers:
        for name, layer in ad.layers.items():
            layer.save(layers / f"{name}.png")


def print_ad(
    ad: "cyclorama.Ad",
    output: Path,
    layers: Path | None,
    ads: "dict[int, cyclorama.Ad]",
    console: Console,
) -> None:
    """Prints the marks of all variants, best first, what is missing, and the files; the ad's last.

    ad: the best variant. output: its path; the manifest is next to it. layers: where its layers
    are, if they were requested. ads: all variants by seed. console: where to print.
    """
    from cyclorama.web.quality_texts import word_score  # Here: --help starts faster.

    for seed, variant in rank_seeds(ads):
        reasons = word_score(variant.reasons, SHOWN_REASONS)
        mark = f"seed {seed}  score {variant.score:g} of 10. {reasons}"
        console.print(mark, soft_wrap=True, markup=False)
    print_left_out(ad, console)
    if ad.profile:
        print_measurements(ad.profile.measurements, console)
    if layers:
        console.print(str(layers), soft_wrap=True, markup=False)
    if output != DASH:
        console.print(str(output.with_suffix(".json")), soft_wrap=True, markup=False)
    draft = "  draft" if ad.draft else ""
    console.print(f"{output}  {ad.width} x {ad.height}{draft}", soft_wrap=True, markup=False)


def print_left_out(ad: "cyclorama.Ad", console: Console) -> None:
    """Prints words of the prompt that the ad shows and those that it does not; nothing if all."""
    omitted = format_left_out(ad.warnings)
    # Words that are shown in part are among both.
    in_part = {each.words for warning in ad.warnings for each in warning.left_out}
    shown = [words for words in ad.understood if words not in in_part]
    if omitted and shown:
        console.print(f"shown: {', '.join(shown)}", soft_wrap=True, markup=False)
    if omitted:
        console.print(f"left out: {omitted}", soft_wrap=True, markup=False)


def summarize_ad(
    ad: "cyclorama.Ad", output: Path, layers: Path | None, ads: "dict[int, cyclorama.Ad]"
) -> dict[str, Any]:
    """Returns what --json prints: the files, the ad's properties, and the scores of all variants.

    ad: the best variant. output: its path; the manifest is next to it. layers: where its layers
    are, if they were requested. ads: all variants by seed.
    """
    stages = ad.manifest["stages"]
    return {
        "ad": str(output),
        "manifest": str(output.with_suffix(".json")),
        "layers": str(layers) if layers else None,
        "format": ad.format,
        "width": ad.width,
        "height": ad.height,
        "draft": ad.draft,
        "score": ad.score,
        "flaw_probability": round(ad.flaw_probability, 4),
        "reasons": ad.reasons,
        "engines": {stage["stage"]: stage["engine"] for stage in stages},
        "warnings": [
            {"stage": stage["stage"], **warning}
            for stage in stages
            for warning in stage["warnings"]
        ],
        "understood": list(ad.understood),
        "profile": asdict(ad.profile) if ad.profile else None,
        "seeds": [{"seed": seed, "score": variant.score} for seed, variant in rank_seeds(ads)],
    }


def rank_seeds(ads: "dict[int, cyclorama.Ad]") -> "list[tuple[int, cyclorama.Ad]]":
    """Returns pairs of a seed and its ad, best ad first; ads: by seed."""
    # By identity: an Ad contains a dict, so it cannot be a key itself.
    seeds = {id(ad): seed for seed, ad in ads.items()}
    return [(seeds[id(ad)], ad) for ad in cyclorama.rank_ads(ads.values())]
