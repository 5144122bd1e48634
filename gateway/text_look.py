"""Chooses the look of an ad's text by the words of its scene and its product."""

import re
from collections.abc import Mapping

from cyclorama.v1 import ads_pb2, finishing_pb2

# Words of scenes and products that a look suits, each as the beginning of a word. The look with the
# most of them is chosen, and the first of equals.
LOOK_WORDS: Mapping["finishing_pb2.TextLook", re.Pattern[str]] = {
    look: re.compile(rf"\b({words})", re.IGNORECASE)
    for look, words in (
        (
            finishing_pb2.TEXT_LOOK_EDITORIAL,
            "luxur|velvet|silk|satin|linen|candle|gold|vintage|antique|library|book|jewel|ring\\b"
            "|necklace|perfume|fragrance|elegan|piazza|wine|whisk|dried|lavender|rose|flower|autumn"
            "|fireplace|evening|leather|loafer|watch\\b|walnut|dark wood|cozy|cosy|moody|romantic",
        ),
        (
            finishing_pb2.TEXT_LOOK_LIGHT,
            "minimal|spa\\b|bath|skin|serum|cream|lotion|soap|shampoo|airy|scandinav|zen\\b|podium"
            "|pastel|pure|clean|calm|mist|snow|ice\\b|white|marble|eucalyptus|cotton|yoga"
            "|soft shadow|plain|beige",
        ),
        (
            finishing_pb2.TEXT_LOOK_POSTER,
            "street|neon|gym|sport|sneaker|shoe|trainer|rooftop|concrete|asphalt|skate|graffiti"
            "|workshop|garage|race|track|road|city|urban|skyline|club|stage|splash|bold|energy|beer"
            "|burger|festival|basketball|football|trail|mountain|night",
        ),
        (
            finishing_pb2.TEXT_LOOK_MODERN,
            "kitchen|desk|office|phone|laptop|headphone|tech|toy|pool|beach|summer|picnic|nursery"
            "|cafe|counter|breakfast|morning|sunny|play",
        ),
    )
}


def choose_text_look(ad: ads_pb2.CreateAdRequest) -> "finishing_pb2.TextLook":
    """Returns the look of an ad's text: the caller's, or the one that suits prompt and product.

    Text in a font of the caller's, and that of prompts without any of LOOK_WORDS, is MODERN.
    """
    if ad.lettering.look:
        return ad.lettering.look
    if ad.lettering.font or ad.lettering.HasField("font_file"):
        return finishing_pb2.TEXT_LOOK_MODERN
    text = f"{ad.prompt} {ad.segmentation.product}"
    counts = {look: len(words.findall(text)) for look, words in LOOK_WORDS.items()}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else finishing_pb2.TEXT_LOOK_MODERN
