"""Puts briefs that label their parts, such as "Angle: low", into the order of sentences."""

from collections.abc import Sequence

from services.studio.briefs.tokens import Token

# Labels that follow their value in a sentence, and the prepositions for which others stand.
NOUNS = frozenset(
    (
        *("angle", "light", "lighting", "background", "backdrop", "wall", "mood", "pose"),
        *("view", "perspective", "camera"),
    )
)
PREPOSITIONS = {
    "surface": "on",
    "base": "on",
    "place": "in",
    "location": "in",
    "setting": "in",
    "props": "with",
    "things": "with",
}


def reorder_labels(tokens: Sequence[Token]) -> list[Token]:
    """Turns "angle: low" into "low angle" and "surface: oak" into "on oak"."""
    result: list[Token] = []
    i = 0
    while i < len(tokens):
        if not _is_label(tokens, i):
            result.append(tokens[i])
            i += 1
            continue
        end = next((j for j in range(i + 2, len(tokens)) if tokens[j].sign), len(tokens))
        label, value = tokens[i], tokens[i + 2 : end]
        if label.word in NOUNS:
            result += [*value, label]
        else:
            result += [Token(PREPOSITIONS[label.word], label.start, label.end), *value]
        i = end
    return result


def _is_label(tokens: Sequence[Token], index: int) -> bool:
    """Returns whether a word begins a clause and a colon and a value follow."""
    label, following = tokens[index], tokens[index + 1 : index + 3]
    is_first = index == 0 or bool(tokens[index - 1].sign)
    is_known = label.word in NOUNS or label.word in PREPOSITIONS
    has_value = len(following) > 1 and following[0].sign == ":" and not following[1].sign
    return is_first and is_known and has_value
