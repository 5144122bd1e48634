"""Converts the options of the page's form into arguments of the client."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from cyclorama.defaults import HEIGHT_SHARE, WIDTH_SHARE

# Distance between the frame and a product that is anchored to a side, as a share of the ad's sides.
# Larger: the product moves towards the middle.
MARGIN = 0.06

# Name of a product that the scene shows through; that of a kind would have a size as well.
CLEAR_PRODUCT = "transparent product"

Form = Mapping[str, Any]


def read_ad_arguments(form: Form) -> dict[str, Any]:
    """Returns the values of the page's form as keyword arguments of Client.create_ad.

    Photo and prompt are not among them. Raises ValueError for an invalid size. Turns reuse on, so
    that stages whose inputs have not changed since the last ad are cached.
    """
    size = _read_size(form.get("size"))
    own = _drop_empty(size=size, seed=form.get("seed"))
    corrections = read_photo_arguments(form, size)
    return _read_shared_arguments(form) | corrections | own | {"reuse": True}


def read_photo_arguments(form: Form, size: tuple[int, int] | None) -> dict[str, Any]:
    """Returns what is about the photo of one ad as arguments of Client.create_ad, without a mask.

    An ad of a campaign that is edited shares its cut-out and its scene with the others: the form
    has `cutout_side`, the longest side of the cut-out in pixels. A corrected cut-out keeps the
    `view` of the ad before, a View of the contract as JSON: camera and lean, which are estimated
    again from another cut-out, may differ, and the scene with them. An ad whose product alone
    changes keeps the place of its words, `words_box`.

    size: of the ad; None: unset.
    """
    side = form.get("cutout_side")
    if side is not None and type(side) is not int:
        raise ValueError("cutout_side: send a whole number")
    shared = {"follow_photo": "in_steps"} if side else {}
    max_side = max(side, *(size or (0,))) if side else None
    product = CLEAR_PRODUCT if form.get("clear") else None
    # Not an argument of its own, which scenes would depend on as well.
    segmentation = _drop_empty(max_side=max_side, product=product, view=_read_view(form))
    options = _drop_empty(segmentation=segmentation or None, lettering=_read_earlier_words(form))
    own = {"options": options} if options else {}
    return _read_corrections(form) | shared | own


def _read_earlier_words(form: Form) -> dict[str, Any] | None:
    """Returns where the words of the version before are to stay; None where that is not said.

    The form has `words_box`, their left, top, width and height in pixels. Raises ValueError for
    anything else.
    """
    box = form.get("words_box")
    if not box or not _has_words(form):
        return None
    if not isinstance(box, list) or [type(side) for side in box] != [int] * 4:
        raise ValueError("words_box: send left, top, width and height in pixels")
    return {"earlier_box": dict(zip(("x", "y", "width", "height"), box, strict=True))}


def _has_words(form: Form) -> bool:
    """Returns whether an ad of the form has words or a logo."""
    return bool(form.get("headline") or form.get("call") or form.get("logo"))


def _read_view(form: Form) -> Mapping[str, Any] | None:
    """Returns how the photo shows its product where the form says so, else None.

    Raises ValueError for what is no JSON object.
    """
    view = form.get("view")
    if view is not None and not isinstance(view, Mapping):
        raise ValueError("view: send a View as a JSON object")
    return view


def read_cutout_arguments(form: Form) -> dict[str, Any]:
    """Returns what corrects the cut-out as arguments of Client.segment, without the mask itself."""
    product = CLEAR_PRODUCT if form.get("clear") else None
    return _read_corrections(form) | _drop_empty(product=product)


def describe_clear_photo(photo: str) -> dict[str, Any]:
    """Returns the override of a campaign for a photo whose product the scene shows through.

    photo: SHA-256 of its bytes in hexadecimal.
    """
    return {"photo": photo, "options": {"segmentation": {"product": CLEAR_PRODUCT}}}


def _read_corrections(form: Form) -> dict[str, Any]:
    """Returns box, points and edge of the cut-out; a mask that was painted is used as it is."""
    edge = "mask" if form.get("mask") else None
    return _drop_empty(box=form.get("box"), points=form.get("points") or None, edge=edge)


def read_campaign_arguments(form: Form) -> dict[str, Any]:
    """Returns the values of the page's form as keyword arguments of Jobs.submit.

    Photos and prompts are not among them. Raises ValueError for an invalid size.
    """
    sizes = [_read_size(size) for size in form.get("sizes") or ()]
    return _read_shared_arguments(form) | _drop_empty(
        sizes=sizes or None, variants=form.get("variants"), seed=form.get("seed")
    )


def read_prompts(form: Form) -> list[str]:
    """Returns the prompts of a campaign in the page's form, stripped, without empty ones."""
    prompts = form.get("prompts") or []
    if not isinstance(prompts, list):
        raise ValueError("prompts: send a list of texts")
    return [stripped for prompt in prompts if (stripped := str(prompt).strip())]


def _read_shared_arguments(form: Form) -> dict[str, Any]:
    """Returns the values of the page's form that are arguments of an ad and of a campaign.

    Fields that were left empty are left out, so that the defaults of gateway and stages apply.
    """
    return _read_product_size(form) | _drop_empty(
        negative_prompt=form.get("negative"),
        format=form.get("format"),
        headline=form.get("headline"),
        call_to_action=form.get("call"),
        **_read_lettering(form),
        profile=form.get("profile"),
        **_read_place(form),
        backdrop=form.get("backdrop") if isinstance(form.get("backdrop"), str) else None,
        shadow=form.get("shadow"),
        locked=form.get("locked"),
    )


def _read_lettering(form: Form) -> dict[str, Any]:
    """Returns the look of the words, which the form only has where they are not automatic."""
    if not _has_words(form):
        return {}
    names = (
        *("text_anchor", "text_size", "text_look", "text_color", "button_color", "font"),
        "without_veil",
    )
    return {name: form.get(name) for name in names}


def _read_place(form: Form) -> dict[str, Any]:
    """Returns where the product goes: on a spot, at an anchor, or nowhere in particular."""
    if form.get("spot"):
        return {"spot": form["spot"], "stance": form.get("stance")}
    return {"anchor": form["anchor"], "margins": MARGIN} if form.get("anchor") else {}


def _read_product_size(form: Form) -> dict[str, float]:
    """Returns the largest width and height of the product as shares of the ad's.

    The form has percents of the default size; with 100 the stage's defaults apply.
    """
    scale = float(form.get("scale") or 100) / 100
    shares = {"width_share": WIDTH_SHARE, "height_share": HEIGHT_SHARE}
    if scale == 1:
        return {}
    return {name: min(1.0, round(share * scale, 3)) for name, share in shares.items()}


def _read_size(size: object) -> tuple[int, int] | None:
    """Reads a width and a height in pixels, such as [1024, 768]; None stays None.

    Raises ValueError when it is anything else.
    """
    if size is None:
        return None
    try:
        width, height = map(int, cast(Iterable[Any], size))
        return width, height
    except (TypeError, ValueError):
        raise ValueError(f"size: {size} is not a width and a height") from None


def _drop_empty(**fields: Any) -> dict[str, Any]:
    """Returns the fields without those that were left empty: None, False and ""."""
    return {
        name: value
        for name, value in fields.items()
        # `is`, since 0 equals False and is a value.
        if value is not False and value not in (None, "")
    }
