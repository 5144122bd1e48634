"""Cuts prompts to what a model reads, so that callers learn what had no effect."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.runtime.engines import EngineWarning

# Endings of the arguments and tokenizers of pipelines with several text encoders.
SUFFIXES = ("", "_2")
# Characters of lost words that a warning names. Larger: longer warnings.
MAX_NAMED = 200


@dataclass(frozen=True)
class CutPrompt:
    """The part of a prompt that a text encoder reads, and the rest of it, which is mostly empty."""

    kept: str
    lost: str


@dataclass(frozen=True)
class PromptReader:
    """One text encoder of a pipeline: its tokenizer, and the tokens that it reads of a prompt.

    suffix: of the arguments that take its prompts, as in prompt_2.
    """

    suffix: str
    tokenizer: Any
    max_tokens: int

    def cut(self, prompt: str) -> CutPrompt:
        """Cuts a prompt before the first word that the text encoder does not read as a whole.

        The pipelines would cut it themselves, and log what they drop.
        """
        tokens = self.tokenizer(
            prompt, return_offsets_mapping=True, return_special_tokens_mask=True, verbose=False
        )
        starts = [
            start
            for (start, _), is_special in zip(
                tokens["offset_mapping"], tokens["special_tokens_mask"], strict=True
            )
            if not is_special
        ]
        room = self.max_tokens - self.tokenizer.num_special_tokens_to_add()
        if len(starts) <= room:
            return CutPrompt(prompt, "")
        end = _find_word_start(prompt, starts[room])
        return CutPrompt(prompt[:end].rstrip(), prompt[end:].strip())


def find_prompt_readers(pipeline: Any) -> tuple[PromptReader, ...]:
    """Returns the text encoders of a pipeline that drop the end of long prompts: CLIP and T5.

    CLIP reads 77 tokens, T5 those of the pipeline's argument max_sequence_length; start and end of
    a prompt count. Others read more than callers may send.
    """
    return tuple(_find_readers(pipeline))


def _find_readers(pipeline: Any) -> Iterator[PromptReader]:
    parameters = inspect.signature(pipeline.__call__).parameters
    longest = parameters.get("max_sequence_length")
    for suffix in SUFFIXES:
        tokenizer: Any = getattr(pipeline, f"tokenizer{suffix}", None)
        if f"prompt{suffix}" not in parameters or not getattr(tokenizer, "is_fast", False):
            continue
        kind = type(tokenizer).__name__
        if kind.startswith("CLIP"):
            yield PromptReader(suffix, tokenizer, tokenizer.model_max_length)
        elif kind.startswith("T5") and longest:
            yield PromptReader(suffix, tokenizer, longest.default)


def write_prompt_arguments(
    readers: tuple[PromptReader, ...], name: str, prompts: list[str]
) -> dict[str, list[str]]:
    """Returns the arguments of a pipeline that take prompts, each cut for its text encoder.

    name: of the argument for the first text encoder: prompt or negative_prompt.
    """
    cut = {
        f"{name}{reader.suffix}": [reader.cut(prompt).kept for prompt in prompts]
        for reader in readers
    }
    return {name: prompts} | cut


def warn_of_cut_prompt(
    readers: tuple[PromptReader, ...], prompt: str, kind: str = "prompt"
) -> tuple[EngineWarning, ...]:
    """Returns a warning if no text encoder reads the whole of a prompt.

    kind: "prompt" or "negative prompt".
    """
    if not readers:
        return ()
    reader = max(readers, key=lambda each: each.max_tokens)
    if not (lost := reader.cut(prompt).lost):
        return ()
    named = lost if len(lost) <= MAX_NAMED else f"{lost[:MAX_NAMED]}..."
    text = f"the model reads {reader.max_tokens} tokens of a {kind} and dropped its end: {named}"
    return (EngineWarning(f"{kind.replace(' ', '_').upper()}_CUT", text),)


def _find_word_start(text: str, index: int) -> int:
    """Returns where the word around an index starts; the index itself in text without spaces."""
    start = index
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    return start or index
