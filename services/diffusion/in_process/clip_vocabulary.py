"""The vocabulary of CLIP, which the text encoders of Stable Diffusion 1.x and XL share."""

import gzip
from importlib.resources import files
from typing import Any

from transformers import CLIPTokenizer

START, END = "<|startoftext|>", "<|endoftext|>"
# Tokens of a prompt, with start and end: the text encoders have no more positions.
MAX_TOKENS = 77
# By which a text encoder pads prompts: CLIP ViT-L/14, and OpenCLIP ViT-bigG/14.
LARGE_PADDING, BIG_G_PADDING = END, "!"


def list_byte_letters() -> list[str]:
    """Returns the visible letter by which CLIP writes each byte, in the order of its vocabulary.

    Byte pair encoding of bytes: Radford et al. 2019, Language Models are Unsupervised Multitask
    Learners, section 2.2.
    """
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(0x100) if byte not in visible]
    return [*map(chr, visible), *(chr(0x100 + index) for index, _ in enumerate(hidden))]


def number_tokens(merges: list[tuple[str, str]]) -> dict[str, int]:
    """Returns the number of each token: bytes, bytes that end a word, merges, start and end.

    merges: pairs of tokens that become one, in the order of their use.
    """
    letters = list_byte_letters()
    ends = [f"{letter}</w>" for letter in letters]
    tokens = [*letters, *ends, *map("".join, merges), START, END]
    return {token: number for number, token in enumerate(tokens)}


def build_tokenizer(padding: str) -> CLIPTokenizer:
    """Returns the tokenizer of CLIP with its 49,408 tokens.

    padding: the token that fills up short prompts.
    """
    text = gzip.decompress(
        (files(__package__) / "single_file_configs/clip/merges.txt.gz").read_bytes()
    )
    # Typed as texts by transformers, which passes them on to a library that takes pairs.
    merges: Any = [(first, second) for first, second in map(str.split, text.decode().splitlines())]
    return CLIPTokenizer(
        number_tokens(merges), merges, pad_token=padding, model_max_length=MAX_TOKENS
    )
