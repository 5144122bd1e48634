"""The image encoder of Segment Anything, computed with less work and a third of the memory.

Exactly the function of segment-anything's ImageEncoderViT, in another order: tokens that pad
windows are never multiplied by weights, for all of them are equal; relative positions become
columns of queries and keys; and global attention goes block by block, so that no matrix of
4096 x 4096 scores per head is ever there. Where torch has fused attention, as on GPUs, positions
are columns there too, and it keeps the scores to itself.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from services.segmentation.engines.sam.linear import Linear

# Rows of the picture whose queries are looked at together in global attention.
BLOCK_ROWS = 8


class Encoder:
    """A stock ImageEncoderViT's weights in one precision; the stream between layers is float32.

    fused: whether attention is torch's own, which suits GPUs.
    """

    def __init__(
        self, stock: nn.Module, dtype: torch.dtype = torch.float32, fused: bool = False
    ) -> None:
        conv = stock.patch_embed.proj
        self.dtype = dtype
        self._patch = conv.kernel_size[0]
        self._embed = Linear(conv.weight.flatten(1), conv.bias, dtype)
        self._position = stock.pos_embed.detach().float()
        side = stock.pos_embed.shape[1]
        self._blocks = [_Block(block, side, dtype, fused) for block in stock.blocks]
        self._step = _Block.__call__
        self._neck = stock.neck.float()

    def compiled(self, **how) -> "Encoder":
        """This encoder with its two kinds of blocks compiled, at their first use for a batch size.

        All blocks of a kind share what was compiled, which takes a twelfth of the time of compiling
        them all. how: options of torch.compile.
        """
        twin = copy(self)
        twin._step = torch.compile(_Block.__call__, **how)
        return twin

    @torch.inference_mode()
    def __call__(
        self, pictures: torch.Tensor, check: Callable[[], None] = lambda: None
    ) -> torch.Tensor:
        """Embeds float32 (b, 3, 1024, 1024), normalized and padded: float32 (b, 256, 64, 64).

        check: called between blocks; what it raises ends the work.
        """
        batch, channels, height, width = pictures.shape
        rows, columns = height // self._patch, width // self._patch
        patches = pictures.view(batch, channels, rows, self._patch, columns, self._patch)
        patches = patches.permute(0, 2, 4, 1, 3, 5).reshape(batch, rows, columns, -1)
        stream = self._embed(patches.to(self.dtype)).float() + self._position
        for block in self._blocks:
            check()
            stream = self._step(block, stream)
        return self._neck(stream.permute(0, 3, 1, 2))


@dataclass
class _Norm:
    weight: torch.Tensor
    bias: torch.Tensor
    eps: float

    def __call__(self, x: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
        return functional.layer_norm(x, x.shape[-1:], self.weight, self.bias, self.eps).to(dtype)


class _Block:
    """Attention within windows, or globally where the window is 0, and two dense layers."""

    def __init__(self, stock: nn.Module, side: int, dtype: torch.dtype, fused: bool) -> None:
        attention, window = stock.attn, stock.window_size
        self._dtype, self._window, self._heads = dtype, window, attention.num_heads
        self._scale = attention.scale
        self._norms = [
            _Norm(norm.weight.detach().float(), norm.bias.detach().float(), norm.eps)
            for norm in (stock.norm1, stock.norm2)
        ]
        self._qkv = Linear(attention.qkv.weight, attention.qkv.bias, dtype)
        self._out = Linear(attention.proj.weight, attention.proj.bias, dtype)
        self._dense = Linear(stock.mlp.lin1.weight, stock.mlp.lin1.bias, dtype)
        self._back = Linear(stock.mlp.lin2.weight, stock.mlp.lin2.bias, dtype)
        self._down = _between(attention.rel_pos_h, window or side, dtype)
        self._across = _between(attention.rel_pos_w, window or side, dtype)
        self._fused = fused
        self._codes = _codes(window or side, dtype, self._down.device) if window or fused else None

    def __call__(self, stream: torch.Tensor) -> torch.Tensor:
        first, second = self._norms
        qkv = self._qkv(first(stream, self._dtype))
        attended = self._in_windows(qkv) if self._window else self._globally(qkv)
        stream = stream + self._out(attended)
        return stream + self._back(self._dense.gelu(second(stream, self._dtype)))

    def _in_windows(self, qkv: torch.Tensor) -> torch.Tensor:
        batch, rows, columns, width = qkv.shape
        window = self._window
        down, across = -(-rows // window), -(-columns // window)
        # A padding token is 0 before the layer, so the layer's bias after it.
        padded = self._qkv.bias.expand(batch, down * window, across * window, width).clone()
        padded[:, :rows, :columns] = qkv
        parts = padded.view(batch, down, window, across, window, 3, self._heads, -1)
        q, k, v = parts.permute(5, 0, 1, 3, 6, 2, 4, 7).flatten(1, 4).unbind(0)
        out = self._attend(q, k, v).view(batch, down, across, self._heads, window, window, -1)
        out = out.permute(0, 1, 4, 2, 5, 3, 6).reshape(batch, down * window, across * window, -1)
        return out[:, :rows, :columns].contiguous()

    def _globally(self, qkv: torch.Tensor) -> torch.Tensor:
        batch, rows, columns, _ = qkv.shape
        parts = qkv.view(batch, rows, columns, 3, self._heads, -1)
        q, k, v = parts.permute(3, 0, 4, 1, 2, 5).flatten(1, 2).unbind(0)
        out = self._attend(q, k, v) if self._fused else self._attend_by_blocks(q, k, v)
        out = out.view(batch, self._heads, rows, columns, -1)
        return out.permute(0, 2, 3, 1, 4).flatten(3)

    def _attend(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """Attention within (n, rows, columns, width), relative positions as more columns."""
        q = torch.cat([q.flatten(1, 2) * self._scale, *self._positions(q)], dim=-1)
        k = torch.cat([k.flatten(1, 2), self._codes.expand(len(k), -1, -1)], dim=-1)
        v = v.flatten(1, 2)
        if not self._fused:
            return torch.bmm(torch.bmm(q, k.transpose(1, 2)).softmax(-1), v)
        # Its kernels want equal widths, in steps of 8.
        width = -(-q.shape[-1] // 8) * 8
        padded = (functional.pad(x, (0, width - x.shape[-1]))[:, None] for x in (q, k, v))
        out = functional.scaled_dot_product_attention(*padded, scale=1.0)
        return out[:, 0, :, : v.shape[-1]]

    def _attend_by_blocks(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        _, rows, columns, _ = q.shape
        out = torch.empty_like(q)
        for head, (queries, keys, values) in enumerate(zip(q, k, v, strict=True)):
            keys, values = keys.flatten(0, 1).t().contiguous(), values.flatten(0, 1)
            down, across = (each[0] for each in self._positions(queries[None]))
            down, across = down.view(rows, columns, rows), across.view(rows, columns, columns)
            for first in range(0, rows, BLOCK_ROWS):
                block = slice(first, first + BLOCK_ROWS)
                scores = (queries[block].flatten(0, 1) * self._scale) @ keys
                grid = scores.view(-1, columns, rows, columns)
                grid += down[block, :, :, None]
                grid += across[block, :, None, :]
                out[head, block] = (scores.softmax(-1) @ values).view(-1, columns, out.shape[-1])
        return out

    def _positions(self, q: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What relative positions add to scores: (n, rows * columns, rows) and (..., columns)."""
        n, rows, columns, width = q.shape
        down = torch.bmm(q.transpose(0, 1).reshape(rows, -1, width), self._down.transpose(1, 2))
        across = torch.bmm(q.permute(2, 0, 1, 3).reshape(columns, -1, width), self._across.mT)
        down = down.view(rows, n, columns, -1).transpose(0, 1)
        across = across.view(columns, n, rows, -1).permute(1, 2, 0, 3)
        return down.reshape(n, rows * columns, -1), across.reshape(n, rows * columns, -1)


def _between(table: torch.Tensor, side: int, dtype: torch.dtype) -> torch.Tensor:
    """Embeddings of the distance from each place to each, (side, side, width)."""
    places = torch.arange(side, device=table.device)
    return table.detach()[places[:, None] - places + side - 1].to(dtype).contiguous()


def _codes(side: int, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """The row and the column of each place in a window, one-hot: (1, side * side, 2 * side)."""
    one = torch.eye(side, dtype=dtype, device=device)
    rows, columns = one.repeat_interleave(side, 0), one.repeat(side, 1)
    return torch.cat([rows, columns], dim=1)[None]
