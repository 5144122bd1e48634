"""Words for the page how likely ads have flaws, and which ads of a campaign need a person."""

from cyclorama.review import Review

# From which flaw probability on what is said of an ad; the likeliest first.
LIKELIHOODS = (
    (0.8, "It very likely has a visible flaw."),
    (0.5, "It probably has a visible flaw."),
    (0.2, "It may have a visible flaw."),
    (0.0, "It probably has no visible flaw."),
)


def word_likelihood(probability: float) -> str:
    """Returns a sentence on an ad with a flaw probability, 0 to 1."""
    return next(text for least, text in LIKELIHOODS if probability >= least)


def word_review(review: Review) -> str:
    """Returns a sentence or two on which ads of a campaign to look at, and on the others."""
    looked_at, rest = len(review.look_at), len(review.rest)
    total = looked_at + rest
    if not total:
        return "No ad was finished."
    if not rest:
        return "Look at this ad." if total == 1 else f"Look at all {total} ads."
    if total == 1:
        return f"This ad {_word_rest(review)}."
    if not looked_at:
        return f"All {total} ads {_word_rest(review)}."
    others = "The other one" if rest == 1 else f"The other {rest}"
    return f"Look at {looked_at} of {total} ads first. {others} {_word_rest(review)}."


def _word_rest(review: Review) -> str:
    """Returns what is expected of the ads that need no person, as the end of a sentence."""
    flawed = round(review.flawed_share * len(review.rest))
    looks = "looks good" if len(review.rest) == 1 else "look good"
    return f"{looks}, though about {flawed} may still have a flaw" if flawed else looks
