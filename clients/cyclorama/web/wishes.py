"""What the form on the page says, as the arguments of the client."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from cyclorama.defaults import HEIGHT_SHARE, WIDTH_SHARE

# A product that goes to a side stays so far from the frame, as a share of the ad's sides.
MARGIN = 0.06

Form = Mapping[str, Any]


def ad_wishes(form: Form) -> dict[str, Any]:
    """The arguments of create_ad but for photo and prompt; ValueError when one cannot be read.

    Stages whose part has not changed since the last ad do not run again.
    """
    wishes = _shared(form)
    wishes["options"]["reuse"] = True
    return wishes | _given(size=_size(form.get("size")), seed=form.get("seed"))


def campaign_wishes(form: Form) -> dict[str, Any]:
    """The arguments of jobs.submit but for photos and prompts."""
    sizes = [_size(size) for size in form.get("sizes") or ()]
    return _shared(form) | _given(
        sizes=sizes or None, variants=form.get("variants"), seed=form.get("seed")
    )


def prompts_of(form: Form) -> list[str]:
    """The prompts of a campaign, without empty ones."""
    prompts = form.get("prompts") or []
    if not isinstance(prompts, list):
        raise ValueError("prompts: send a list of texts")
    return [text for text in (str(each).strip() for each in prompts) if text]


def _shared(form: Form) -> dict[str, Any]:
    """What an ad and a campaign have in common."""
    lettering = _given(headline=form.get("headline"), call_to_action=form.get("call"))
    delivery = _given(profile=form.get("profile"))
    options = _given(
        compositing=_compositing(form) or None,
        lettering=lettering or None,
        delivery=delivery or None,
    )
    negative, fmt = form.get("negative"), form.get("format")
    return _given(negative_prompt=negative, format=fmt) | {"options": options}


def _compositing(form: Form) -> dict[str, Any]:
    scale = float(form.get("scale") or 100) / 100
    shares = {"width_share": WIDTH_SHARE, "height_share": HEIGHT_SHARE}
    fields: dict[str, Any] = {}
    if scale != 1:
        fields |= {name: min(1.0, round(share * scale, 3)) for name, share in shares.items()}
    if anchor := form.get("anchor"):
        margins = dict.fromkeys(("top", "right", "bottom", "left"), MARGIN)
        fields["arrangement"] = {"anchor": f"ANCHOR_{anchor}".upper(), "margins": margins}
    if shadow := form.get("shadow"):
        fields["shadow"] = {"kind": f"SHADOW_KIND_{shadow}".upper()}
    return fields | _given(locked=form.get("locked"))


def _size(size: object) -> tuple[int, int] | None:
    if size is None:
        return None
    try:
        width, height = map(int, cast(Iterable[Any], size))
        return width, height
    except (TypeError, ValueError):
        raise ValueError(f"size: {size} is not a width and a height") from None


def _given(**words: Any) -> dict[str, Any]:
    """What was said; empty fields of a form say nothing."""
    return {
        name: value
        for name, value in words.items()
        if value is not False and value not in (None, "")
    }
