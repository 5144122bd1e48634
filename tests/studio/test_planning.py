"""Choosing families: forty prompts in people's own words, most of which must get a fitting set.

Collected, with their products, negations and camera talk, before the words of the families were
chosen; each with the families that an art director would accept.
"""

from services.studio.families import FAMILIES
from services.studio.planning import RenderRequest, interpret_prompt

MIN_FITTING = 34
PROMPTS = {
    "Luxury perfume bottle on black marble, gold accents, dramatic rim lighting, 85mm": "luxury",
    "skincare serum on a white marble countertop, morning light through a window, eucalyptus, "
    "shallow depth of field": "marble bathroom",
    "Minimalist product shot of a sneaker on a seamless light grey background, soft diffused "
    "light from upper left": "sweep",
    "cosmetic jar on a round podium, pastel pink background, soft shadows, 3d render": "podium",
    "headphones floating among geometric shapes, pastel colour palette, memphis style": "geometric",
    "Ceramic mug on a rustic wooden table, blurred green garden behind, golden hour": "wood",
    "craft beer bottle on weathered oak barrel planks, warm bokeh, cosy pub": "wood",
    "smart watch on raw concrete, hard window light, long shadows, brutalist": "concrete",
    "Candle on a microcement shelf with venetian blind shadows, late afternoon sun": "concrete",
    "hand soap on terrazzo countertop, tropical leaf shadows on a beige wall": "terrazzo",
    "sunscreen tube in golden beach sand, turquoise sea in the background, summer": "beach",
    "Sunglasses on the seashore at sunset, waves, seashells, vacation mood": "beach",
    "perfume bottle standing in shallow rippling water, blue gradient, reflections": "water",
    "Running shoe on wet asphalt after rain, neon city lights reflected in puddles": "city water",
    "whiskey bottle, night skyline bokeh in the background, rooftop bar": "city",
    "lipstick lying on flowing red silk, glossy, elegant, high end beauty ad": "silk",
    "necklace box on draped champagne satin with soft folds, soft light": "silk",
    "Gift box with a Christmas tree and warm bokeh lights behind, festive, snow flakes": "holiday",
    "chocolate praline box, holiday table, fir branches, red and gold baubles": "holiday",
    "shampoo bottle in a bright bathroom with white tiles, fresh, clean": "bathroom",
    "Spa still life: massage oil with hot stones, bamboo and rolled towels, zen": "bathroom",
    "ski goggles on fresh snow, frosty pine forest, cold winter morning": "snow",
    "insulated bottle on ice and snow, blue hour, mountains far away": "snow",
    "flat lay of stationery on beige linen, dried flowers, top-down view": "flatlay",
    "Knolling photo of camping gear on dark wood, shot from directly above": "flatlay",
    "e-commerce packshot, pure white background, high key, no shadow": "sweep",
    "coffee beans bag on kitchen counter, breakfast scene, bright and airy": "marble",
    "olive oil bottle on a farmhouse table outdoors, dappled light through leaves": "wood",
    "Gaming mouse on a dark desk, cyberpunk, magenta and cyan neon glow": "city",
    "lotion on smooth river stones with water drops, green moss, rain": "water bathroom",
    "Nail polish on a sage green plinth, arches, mediterranean, hard sunlight": "podium geometric",
    "wireless earbuds on reflective black acrylic, moody, studio": "luxury water",
    "baby bottle on a soft knitted blanket, pastel blue, cosy": "silk flatlay",
    "Valentine's chocolates, red velvet cloth, rose petals, romantic": "silk",
    "New Year's champagne bottle with fairy lights and confetti bokeh": "holiday",
    "hiking boots on a mossy rock in a pine forest, sun rays": "wood",
    "cocktail can at a swimming pool edge, caustics, hard summer sun": "water beach",
    "vitamin jar, terracotta wall, palm leaf shadow, no people, no text": "sweep terrazzo concrete",
    "leather wallet on a walnut desk, moody window light, no plants": "wood concrete",
    "place the product on a display stand, studio lighting, gradient background": "podium sweep",
}


def choose_family(prompt: str) -> str:
    """Returns the name of the family chosen for a prompt."""
    return interpret_prompt(RenderRequest(prompt))[1].name


def test_most_prompts_get_a_fitting_family():
    misses = {
        prompt: found
        for prompt, fitting in PROMPTS.items()
        if (found := choose_family(prompt)) not in fitting.split()
    }
    assert len(PROMPTS) == 40
    assert len(PROMPTS) - len(misses) >= MIN_FITTING, misses


def test_every_family_is_chosen_by_some_prompt():
    assert {choose_family(prompt) for prompt in PROMPTS} == set(FAMILIES)
