"""The image encoder of Segment Anything, computed with less work and a third of the memory.

Computes the same function as segment-anything's ImageEncoderViT in another order. Tokens that pad
windows are never multiplied by weights, as all of them are equal. Relative positions become columns
of queries and keys. Global attention runs block by block, so that no matrix of 4096 x 4096 scores
per head is ever stored. With torch's fused attention, as on GPUs, positions are columns there too,
and torch does not store the scores.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from services.segmentation.engines.sam.linear import LinearLayer
from services.segmentation.engines.sam.stock_model import StockBlock, StockImageEncoder

# Rows of the grid whose queries are processed together in global attention. Larger: more memory for
# scores; smaller: smaller, slower matrix products.
BLOCK_ROWS = 8
# Fused attention on GPUs needs equal widths in multiples of 8 (16 bytes of a 16-bit type).
FUSED_WIDTH_STEP = 8


class ImageEncoder:
    """Encodes photos with the weights of segment-anything's ImageEncoderViT in one precision."""

    def __init__(
        self, stock: StockImageEncoder, dtype: torch.dtype = torch.float32, fused: bool = False
    ) -> None:
        """Copies the weights of segment-anything's encoder, `stock`, in one type.

        dtype: of weights and products, float32 or bfloat16; values between layers are float32.
        fused: whether to use torch's fused attention, which suits GPUs.
        """
        conv = stock.patch_embed.proj
        self.dtype = dtype
        self._patch_side = conv.kernel_size[0]
        self._embed_patches = LinearLayer(conv.weight.flatten(1), conv.bias, dtype)
        self._positions = stock.pos_embed.detach().float()
        side = stock.pos_embed.shape[1]
        self._blocks = [_TransformerBlock(block, side, dtype, fused) for block in stock.blocks]
        self._run_block: Callable[[_TransformerBlock, torch.Tensor], torch.Tensor]
        self._run_block = _TransformerBlock.__call__
        self._neck: nn.Module = stock.neck.float()

    def create_compiled_copy(
        self, backend: str | Callable[..., object] = "inductor"
    ) -> "ImageEncoder":
        """Returns a copy whose blocks are compiled at their first use for each batch size.

        All blocks of a kind (windowed, global) share their compiled code, which takes a twelfth of
        the time of compiling them all. backend: see torch.compile.
        """
        compiled_copy = copy(self)
        compiled_copy._run_block = torch.compile(_TransformerBlock.__call__, backend=backend)
        return compiled_copy

    @torch.inference_mode()
    def __call__(
        self, images: torch.Tensor, check_active: Callable[[], None] = lambda: None
    ) -> torch.Tensor:
        """Encodes photos to the features that masks are decoded from: float32 (b, 256, 64, 64).

        images: float32 RGB (b, 3, 1024, 1024), normalized and padded.
        check_active: called between the encoder's blocks; what it raises ends the work.
        """
        batch, channels, height, width = images.shape
        # A token per square patch of pixels, on a grid of rows and columns.
        rows, columns = height // self._patch_side, width // self._patch_side
        patches = images.view(batch, channels, rows, self._patch_side, columns, self._patch_side)
        patches = patches.permute(0, 2, 4, 1, 3, 5).reshape(batch, rows, columns, -1)
        tokens = self._embed_patches(patches.to(self.dtype)).float() + self._positions
        for block in self._blocks:
            check_active()
            tokens = self._run_block(block, tokens)
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
        self._scale = attention.scale
        self._norms = [
            _LayerNorm(norm.weight.detach().float(), norm.bias.detach().float(), norm.eps)
            for norm in (stock.norm1, stock.norm2)
        ]
        self._qkv = LinearLayer(attention.qkv.weight, attention.qkv.bias, dtype)
        self._project = LinearLayer(attention.proj.weight, attention.proj.bias, dtype)
        self._expand = LinearLayer(stock.mlp.lin1.weight, stock.mlp.lin1.bias, dtype)
        self._contract = LinearLayer(stock.mlp.lin2.weight, stock.mlp.lin2.bias, dtype)
        self._row_offsets = _expand_offsets(attention.rel_pos_h, window or side, dtype)
        self._column_offsets = _expand_offsets(attention.rel_pos_w, window or side, dtype)
        self._fused = fused
        # Extra columns of the keys, which select the score of a query's offset from each key.
        self._place_codes = _create_place_codes(window or side, dtype, self._row_offsets.device)

    def __call__(self, tokens: torch.Tensor) -> torch.Tensor:
        """Applies attention, then two dense layers, and adds the result of each to the tokens.

        tokens: float32 (b, rows, columns, width), like the result.
        """
        normalize_attention, normalize_dense = self._norms
        qkv = self._qkv(normalize_attention(tokens, self._dtype))
        attended = self._attend_in_windows(qkv) if self._window else self._attend_globally(qkv)
        tokens = tokens + self._project(attended)
        # Nested, so that the expanded tokens are freed before the sum is allocated.
        return tokens + self._contract(
            self._expand.apply_with_gelu(normalize_dense(tokens, self._dtype))
        )

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
        batch, rows, columns, _ = qkv.shape
        parts = qkv.view(batch, rows, columns, 3, self._heads, -1)
        # One entry per photo and head: (batch * heads, rows, columns, width of a head).
        q, k, v = parts.permute(3, 0, 4, 1, 2, 5).flatten(1, 2).unbind(0)
        out = self._attend(q, k, v) if self._fused else self._attend_by_blocks(q, k, v)
        out = out.view(batch, self._heads, rows, columns, -1)
        return out.permute(0, 2, 3, 1, 4).flatten(3)

    def _attend(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """Applies attention among the tokens of each of n grids, with relative positions.

        q, k, v: queries, keys and values, (n, rows, columns, width). Returns
        (n, rows * columns, width).

        Relative positions become further columns of queries and keys, so that one matrix product
        computes all scores.
        """
        q = torch.cat([q.flatten(1, 2) * self._scale, *self._compute_position_scores(q)], dim=-1)
        k = torch.cat([k.flatten(1, 2), self._place_codes.expand(len(k), -1, -1)], dim=-1)
        v = v.flatten(1, 2)
        if not self._fused:
            return torch.bmm(torch.bmm(q, k.transpose(1, 2)).softmax(-1), v)
        # Zeros fill q, k and v up to an equal width; they do not change the products.
        width = -(-q.shape[-1] // FUSED_WIDTH_STEP) * FUSED_WIDTH_STEP
        q, k, padded_v = (functional.pad(x, (0, width - x.shape[-1]))[:, None] for x in (q, k, v))
        out = functional.scaled_dot_product_attention(q, k, padded_v, scale=1.0)
        return out[:, 0, :, : v.shape[-1]]

    def _attend_by_blocks(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """Applies attention among the tokens of each of n grids, a few rows of queries at a time.

        So no more scores are stored than BLOCK_ROWS rows have.

        q, k, v: queries, keys and values, (n, rows, columns, width), like the result.
        """
        _, rows, columns, _ = q.shape
        out = torch.empty_like(q)
        for head, (queries, keys, values) in enumerate(zip(q, k, v, strict=True)):
            keys, values = keys.flatten(0, 1).t().contiguous(), values.flatten(0, 1)
            # What relative positions add to the scores, by row and by column of the key.
            down, across = (scores[0] for scores in self._compute_position_scores(queries[None]))
            down, across = down.view(rows, columns, rows), across.view(rows, columns, columns)
            for first in range(0, rows, BLOCK_ROWS):
                block = slice(first, first + BLOCK_ROWS)
                scores = (queries[block].flatten(0, 1) * self._scale) @ keys
                grid = scores.view(-1, columns, rows, columns)
                grid += down[block, :, :, None]
                grid += across[block, :, None, :]
                out[head, block] = (scores.softmax(-1) @ values).view(-1, columns, out.shape[-1])
        return out

    def _compute_position_scores(self, q: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns what a key's position relative to a query adds to their attention score.

        It is the sum of a part by the key's row, (n, rows * columns, rows), and a part by its
        column, (n, rows * columns, columns), which are returned in this order; the middle axis is
        the query's.

        q: queries, (n, rows, columns, width).
        """
        n, rows, columns, width = q.shape
        by_row = q.transpose(0, 1).reshape(rows, -1, width)
        by_column = q.permute(2, 0, 1, 3).reshape(columns, -1, width)
        down = torch.bmm(by_row, self._row_offsets.transpose(1, 2))
        across = torch.bmm(by_column, self._column_offsets.mT)
        down = down.view(rows, n, columns, -1).transpose(0, 1)
        across = across.view(columns, n, rows, -1).permute(1, 2, 0, 3)
        return down.reshape(n, rows * columns, -1), across.reshape(n, rows * columns, -1)


def _expand_offsets(table: torch.Tensor, side: int, dtype: torch.dtype) -> torch.Tensor:
    """Returns the embedding of the offset between each query and key along one axis of a window.

    table: embeddings of the offsets -(side - 1) to side - 1, (2 * side - 1, width).
    side: of the window in tokens. Returns (side, side, width) of `dtype`: query, then key.
    """
    places = torch.arange(side, device=table.device)
    # Index 0 of the table is the smallest offset.
    table_indices = places[:, None] - places + side - 1
    return table.detach()[table_indices].to(dtype).contiguous()


def _create_place_codes(side: int, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """Returns the row and column of each token in a square window, as one-hot codes.

    The result is (1, side * side, 2 * side): for each token, row by row, `side` columns with a 1 at
    its row, then `side` with a 1 at its column.

    side: of the window in tokens. dtype, device: of the result.
    """
    one_hot = torch.eye(side, dtype=dtype, device=device)
    rows, columns = one_hot.repeat_interleave(side, 0), one_hot.repeat(side, 1)
    return torch.cat([rows, columns], dim=1)[None]
