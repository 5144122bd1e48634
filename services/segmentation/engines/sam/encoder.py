"""The image encoder of Segment Anything, computed with less work and a third of the memory.

Computes the same function as segment-anything's ImageEncoderViT in another order. Tokens that pad
windows are never multiplied by weights, as all of them are equal. On CPUs the encoder works on a
few rows of the grid at a time, so that what it computes in between stays in the CPU's caches and in
memory that the process already has.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from services.segmentation.engines.sam.attention import PositionedAttention
from services.segmentation.engines.sam.linear import LinearLayer
from services.segmentation.engines.sam.stock_model import StockBlock, StockImageEncoder

# Rows of the grid that pass the dense layers of a global block together, as many as a window has.
# Larger: more memory and fewer hits in the CPU's caches; smaller: weights are read more often.
ROWS_AT_ONCE = 14

CheckActive = Callable[[], None]
"""Raises if nobody waits for the result any longer."""


class ImageEncoder:
    """Encodes photos with the weights of segment-anything's ImageEncoderViT in one precision."""

    def __init__(
        self,
        stock: StockImageEncoder,
        dtype: torch.dtype = torch.float32,
        fused: bool = False,
        on_block_copied: Callable[[], None] = lambda: None,
    ) -> None:
        """Copies the weights of segment-anything's encoder, `stock`, in one type.

        dtype: of weights and products, float32 or bfloat16; values between layers are float32.
        fused: whether to use torch's fused attention, which suits GPUs.
        on_block_copied: called each time that a block's weights are no longer needed in `stock`,
            which can then free them.
        """
        conv = stock.patch_embed.proj
        self.dtype = dtype
        self._patch_side = conv.kernel_size[0]
        self._embed_patches = LinearLayer(conv.weight.flatten(1), conv.bias, dtype)
        self._positions = stock.pos_embed.detach().float()
        side = stock.pos_embed.shape[1]
        self._blocks = []
        for block in stock.blocks:
            self._blocks.append(_TransformerBlock(block, side, dtype, fused))
            on_block_copied()
        self._run_block: Callable[[_TransformerBlock, torch.Tensor, CheckActive], torch.Tensor]
        self._run_block = _run_at_once if fused else _TransformerBlock.update_in_parts
        self._neck: nn.Module = stock.neck.float()

    def create_compiled_copy(
        self, backend: str | Callable[..., object] = "inductor"
    ) -> "ImageEncoder":
        """Returns a copy whose blocks are compiled at their first use for each batch size.

        All blocks of a kind (windowed, global) share their compiled code, which takes a twelfth of
        the time of compiling them all. backend: see torch.compile.
        """
        compiled_copy = copy(self)
        run = torch.compile(_TransformerBlock.__call__, backend=backend)
        compiled_copy._run_block = lambda block, tokens, _: run(block, tokens)
        return compiled_copy

    @torch.inference_mode()
    def __call__(
        self, images: torch.Tensor, check_active: CheckActive = lambda: None
    ) -> torch.Tensor:
        """Encodes photos to the features that masks are decoded from: float32 (b, 256, 64, 64).

        images: float32 RGB (b, 3, 1024, 1024), normalized and padded.
        check_active: called between the encoder's blocks, and on CPUs several times within each;
            what it raises ends the work.
        """
        batch, channels, height, width = images.shape
        # A token per square patch of pixels, on a grid of rows and columns.
        rows, columns = height // self._patch_side, width // self._patch_side
        patches = images.view(batch, channels, rows, self._patch_side, columns, self._patch_side)
        patches = patches.permute(0, 2, 4, 1, 3, 5).reshape(batch, rows, columns, -1)
        tokens = self._embed_patches(patches.to(self.dtype)).float() + self._positions
        for block in self._blocks:
            check_active()
            tokens = self._run_block(block, tokens, check_active)
        features: torch.Tensor = self._neck(tokens.permute(0, 3, 1, 2))
        return features


@dataclass
class _LayerNorm:
    """Layer normalization that converts its result."""

    weight: torch.Tensor
    bias: torch.Tensor
    eps: float

    def __call__(self, x: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
        """Normalizes the last axis of float32 (..., width), and converts the result to `dtype`."""
        return functional.layer_norm(x, x.shape[-1:], self.weight, self.bias, self.eps).to(dtype)


class _TransformerBlock:
    """Attention within windows, or globally if the window is 0, and two dense layers."""

    def __init__(self, stock: StockBlock, side: int, dtype: torch.dtype, fused: bool) -> None:
        """Copies the weights of `stock`, a block of segment-anything's encoder.

        side: of the grid of tokens that the block attends over. dtype: of weights and products.
        fused: whether to use torch's fused attention.
        """
        attention, window = stock.attn, stock.window_size
        self._dtype, self._window, self._heads = dtype, window, attention.num_heads
        self._norms = [
            _LayerNorm(norm.weight.detach().float(), norm.bias.detach().float(), norm.eps)
            for norm in (stock.norm1, stock.norm2)
        ]
        self._qkv = LinearLayer(attention.qkv.weight, attention.qkv.bias, dtype)
        self._project = LinearLayer(attention.proj.weight, attention.proj.bias, dtype)
        self._expand = LinearLayer(stock.mlp.lin1.weight, stock.mlp.lin1.bias, dtype)
        self._contract = LinearLayer(stock.mlp.lin2.weight, stock.mlp.lin2.bias, dtype)
        self._attention = PositionedAttention(attention, window or side, dtype)
        self._attend = self._attention.attend_fused if fused else self._attention.attend

    def __call__(self, tokens: torch.Tensor) -> torch.Tensor:
        """Applies attention, then two dense layers, and adds the result of each to the tokens.

        tokens: float32 (b, rows, columns, width), like the result.
        """
        qkv = self._compute_qkv(tokens)
        attended = self._attend_in_windows(qkv) if self._window else self._attend_globally(qkv)
        return self._apply_dense(tokens + self._project(attended))

    def update_in_parts(self, tokens: torch.Tensor, check_active: CheckActive) -> torch.Tensor:
        """Does the same in place, a few rows of the grid at a time, and returns the tokens.

        tokens: float32 (b, rows, columns, width). check_active: called before each part.
        """
        if self._window:
            # Windows do not depend on each other.
            for part in torch.split(tokens, self._window, dim=1):
                check_active()
                part.copy_(self(part))
            return tokens
        q, k, v = self._split_heads(self._compute_qkv(tokens))
        attended = self._join_heads(self._attention.attend_by_blocks(q, k, v, check_active), tokens)
        parts = (torch.split(whole, ROWS_AT_ONCE, dim=1) for whole in (tokens, attended))
        for part, attended_part in zip(*parts, strict=True):
            check_active()
            part.copy_(self._apply_dense(part + self._project(attended_part)))
        return tokens

    def _compute_qkv(self, tokens: torch.Tensor) -> torch.Tensor:
        """Returns the queries, keys and values of tokens, float32 (b, rows, columns, width).

        The result is (b, rows, columns, 3 * width): those of all heads side by side.
        """
        normalize, _ = self._norms
        return self._qkv(normalize(tokens, self._dtype))

    def _apply_dense(self, tokens: torch.Tensor) -> torch.Tensor:
        """Adds the result of the dense layers to tokens, float32 (b, rows, columns, width)."""
        _, normalize = self._norms
        # Nested, so that the expanded tokens are freed before the sum is allocated.
        return tokens + self._contract(self._expand.apply_with_gelu(normalize(tokens, self._dtype)))

    def _attend_in_windows(self, qkv: torch.Tensor) -> torch.Tensor:
        """Applies attention within square windows of a grid of tokens, padded to whole windows.

        qkv: queries, keys and values of all heads side by side, (b, rows, columns, 3 * width).
        Returns (b, rows, columns, width).
        """
        batch, rows, columns, width = qkv.shape
        window = self._window
        # Windows down and across the grid, rounded up.
        down, across = -(-rows // window), -(-columns // window)
        # A padding token is 0 before the layer, so it is the layer's bias after it.
        padded = self._qkv.bias.expand(batch, down * window, across * window, width).clone()
        padded[:, :rows, :columns] = qkv
        parts = padded.view(batch, down, window, across, window, 3, self._heads, -1)
        # One entry per window and head: (batch * down * across * heads, window, window, width).
        q, k, v = parts.permute(5, 0, 1, 3, 6, 2, 4, 7).flatten(1, 4).unbind(0)
        out = self._attend(q, k, v).view(batch, down, across, self._heads, window, window, -1)
        out = out.permute(0, 1, 4, 2, 5, 3, 6).reshape(batch, down * window, across * window, -1)
        return out[:, :rows, :columns].contiguous()

    def _attend_globally(self, qkv: torch.Tensor) -> torch.Tensor:
        """Applies attention over the whole grid of tokens.

        qkv: queries, keys and values of all heads side by side, (b, rows, columns, 3 * width).
        Returns (b, rows, columns, width).
        """
        return self._join_heads(self._attend(*self._split_heads(qkv)), qkv)

    def _split_heads(self, qkv: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Returns queries, keys and values, (b * heads, rows, columns, width of a head) each.

        qkv: those of all heads side by side, (b, rows, columns, 3 * width).
        """
        parts = qkv.view(*qkv.shape[:3], 3, self._heads, -1)
        return parts.permute(3, 0, 4, 1, 2, 5).flatten(1, 2).unbind(0)

    def _join_heads(self, attended: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
        """Returns the results of all heads side by side: (b, rows, columns, width).

        attended: the results, (b * heads, ..., width of a head), all tokens of a head in sequence.
        grid: any tensor with the sizes b, rows and columns in front.
        """
        batch, rows, columns, _ = grid.shape
        parts = attended.view(batch, self._heads, rows, columns, -1)
        return parts.permute(0, 2, 3, 1, 4).flatten(3)


def _run_at_once(
    block: _TransformerBlock, tokens: torch.Tensor, check_active: CheckActive
) -> torch.Tensor:
    """Applies a block to all tokens at once, as suits GPUs; returns new ones."""
    return block(tokens)
