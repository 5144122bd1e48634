"""Types of the parts of segment-anything's model that the engine uses; the package has none."""

from collections.abc import Iterable
from typing import Protocol

import torch
from torch import nn


class StockAttention(Protocol):
    """Attention of one block: segment_anything.modeling.image_encoder.Attention."""

    num_heads: int
    scale: float
    qkv: nn.Linear
    proj: nn.Linear
    rel_pos_h: torch.Tensor
    rel_pos_w: torch.Tensor


class StockMlp(Protocol):
    """Dense layers of one block: segment_anything.modeling.common.MLPBlock."""

    lin1: nn.Linear
    lin2: nn.Linear


class StockBlock(Protocol):
    """One transformer block; window_size is 0 for global attention."""

    norm1: nn.LayerNorm
    attn: StockAttention
    norm2: nn.LayerNorm
    mlp: StockMlp
    window_size: int


class StockConvolution(Protocol):
    """A torch.nn.Conv2d with a bias."""

    kernel_size: tuple[int, ...]
    weight: torch.Tensor
    bias: torch.Tensor


class StockPatchEmbedding(Protocol):
    """The layer from pixels to tokens."""

    proj: StockConvolution


class StockImageEncoder(Protocol):
    """segment_anything.modeling.ImageEncoderViT."""

    patch_embed: StockPatchEmbedding
    pos_embed: torch.Tensor
    blocks: Iterable[StockBlock]
    neck: nn.Module


class StockPromptEncoder(Protocol):
    """segment_anything.modeling.PromptEncoder."""

    def __call__(
        self,
        points: tuple[torch.Tensor, torch.Tensor] | None,
        boxes: torch.Tensor | None,
        masks: torch.Tensor | None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Encodes a prompt, in pixels of the photo as it was encoded.

        Returns sparse embeddings, of points and boxes, float32 (1, tokens, 256), and dense ones, of
        masks or of none, float32 (1, 256, 64, 64).

        points: coordinates, float32 (1, k, 2), and labels, int64 (1, k), 1 on the product, else 0.
        boxes: float32 (1, 4), left, top, right, bottom. masks: float32 logits (1, 1, 256, 256).
        """
        ...

    def get_dense_pe(self) -> torch.Tensor:
        """Returns the positional encoding of the embedding's grid: float32 (1, 256, 64, 64)."""
        ...


class StockMaskDecoder(Protocol):
    """segment_anything.modeling.MaskDecoder."""

    def predict_masks(
        self,
        image_embeddings: torch.Tensor,
        image_pe: torch.Tensor,
        sparse_prompt_embeddings: torch.Tensor,
        dense_prompt_embeddings: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Predicts four masks: returns logits (1, 4, 256, 256) and the IoU of each (1, 4), float32.

        image_embeddings: the encoded photo, float32 (1, 256, 64, 64).
        image_pe: positional encoding of its grid, float32 (1, 256, 64, 64).
        sparse_prompt_embeddings, dense_prompt_embeddings: as StockPromptEncoder returns them,
            float32 (1, tokens, 256) and (1, 256, 64, 64).
        """
        ...


class HasImageSize(Protocol):
    """What preprocess and postprocess_masks need of the image encoder: its input side."""

    img_size: int


class StockSam(Protocol):
    """segment_anything.modeling.Sam."""

    image_encoder: HasImageSize
    prompt_encoder: StockPromptEncoder
    mask_decoder: StockMaskDecoder

    def preprocess(self, x: torch.Tensor) -> torch.Tensor:
        """Normalizes and pads pixels (b, 3, h, w), 0 to 255: float32 (b, 3, 1024, 1024)."""
        ...

    def postprocess_masks(
        self, masks: torch.Tensor, input_size: tuple[int, ...], original_size: tuple[int, ...]
    ) -> torch.Tensor:
        """Enlarges masks' logits, (b, n, 256, 256), to a size of the photo: float32 (b, n, H, W).

        input_size: height, width at which the photo was encoded, without padding.
        original_size: height, width of the result.
        """
        ...
