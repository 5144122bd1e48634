"""Attention among the tokens of grids, whose scores depend on relative positions as well.

The attention of Y. Li et al.: "Improved Multiscale Vision Transformers for Classification and
Detection" (MViTv2), CVPR 2022, which segment-anything's encoder uses. Positions become columns of
queries and keys, or are added to a block of scores at a time; in neither case are 4096 x 4096
scores per head ever stored.
"""

from collections.abc import Callable

import torch
from torch.nn import functional

from services.segmentation.engines.sam.stock_model import StockAttention

# Rows of the grid whose queries are processed together in global attention. Larger: more memory for
# scores; smaller: smaller, slower matrix products.
BLOCK_ROWS = 8
# Fused attention on GPUs needs equal widths in multiples of 8 (16 bytes of a 16-bit type).
FUSED_WIDTH_STEP = 8


class PositionedAttention:
    """Attention with the positions of one block of segment-anything's encoder.

    Queries, keys and values are (n, rows, columns, width), each of n grids for itself: one per
    photo and head, or one per window and head.
    """

    def __init__(self, stock: StockAttention, side: int, dtype: torch.dtype) -> None:
        """Copies the embeddings of relative positions, for grids of at most `side` tokens a side.

        dtype: of queries, keys and values.
        """
        self._scale, self._heads = stock.scale, stock.num_heads
        self._row_offsets = _expand_offsets(stock.rel_pos_h, side, dtype)
        self._column_offsets = _expand_offsets(stock.rel_pos_w, side, dtype)
        # Extra columns of the keys, which select the score of a query's offset from each key.
        self._place_codes = _create_place_codes(side, dtype, self._row_offsets.device)

    def attend(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """Returns the attended values, (n, rows * columns, width), as suits small grids on CPUs.

        q, k, v: queries, keys and values, (n, rows, columns, width).
        """
        q, k = self._append_positions(q, k)
        v = v.flatten(1, 2)
        out = torch.empty_like(v)
        # As many at once as one window has heads: their scores fit the cache of one core.
        parts = (torch.split(x, self._heads) for x in (q, k, v, out))
        for queries, keys, values, attended in zip(*parts, strict=True):
            weights = torch.bmm(queries, keys.transpose(1, 2)).softmax(-1)
            torch.bmm(weights, values, out=attended)
        return out

    def attend_fused(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """Does what attend() does with torch's fused attention, as suits GPUs."""
        q, k = self._append_positions(q, k)
        v = v.flatten(1, 2)
        # Zeros fill q, k and v up to an equal width; they do not change the products.
        width = -(-q.shape[-1] // FUSED_WIDTH_STEP) * FUSED_WIDTH_STEP
        q, k, padded_v = (functional.pad(x, (0, width - x.shape[-1]))[:, None] for x in (q, k, v))
        out = functional.scaled_dot_product_attention(q, k, padded_v, scale=1.0)
        return out[:, 0, :, : v.shape[-1]]

    def attend_by_blocks(
        self,
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        check_active: Callable[[], None],
    ) -> torch.Tensor:
        """Returns the attended values, (n, rows, columns, width), as suits large grids on CPUs.

        A few rows of queries at a time, so that no more scores are stored than BLOCK_ROWS rows
        have.

        q, k, v: queries, keys and values, (n, rows, columns, width).
        check_active: called before each grid.
        """
        _, rows, columns, _ = q.shape
        out = torch.empty(q.shape, dtype=q.dtype)
        scores = q.new_empty(BLOCK_ROWS * columns, rows * columns)
        weights = torch.empty_like(scores)
        for queries, keys, values, attended in zip(q, k, v, out, strict=True):
            check_active()
            # What relative positions add to the scores, by row and by column of the key.
            down, across = (added[0] for added in self._compute_position_scores(queries[None]))
            flat_queries = queries.flatten(0, 1) * self._scale
            flat_keys, flat_values = keys.flatten(0, 1).t().contiguous(), values.flatten(0, 1)
            for first in range(0, rows * columns, len(scores)):
                block = slice(first, min(first + len(scores), rows * columns))
                used = slice(0, block.stop - first)
                torch.mm(flat_queries[block], flat_keys, out=scores[used])
                grid = scores[used].view(-1, rows, columns)
                grid += down[block, :, None]
                grid += across[block, None, :]
                torch.softmax(scores[used], -1, out=weights[used])
                torch.mm(weights[used], flat_values, out=attended.flatten(0, 1)[block])
        return out

    def _append_positions(
        self, q: torch.Tensor, k: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns queries and keys, (n, rows * columns, more), whose products are all scores.

        Relative positions become further columns, so that one matrix product computes them as well.

        q, k: queries and keys, (n, rows, columns, width).
        """
        q = torch.cat([q.flatten(1, 2) * self._scale, *self._compute_position_scores(q)], dim=-1)
        k = torch.cat([k.flatten(1, 2), self._place_codes.expand(len(k), -1, -1)], dim=-1)
        return q, k

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
        down = torch.bmm(by_row, self._row_offsets.mT)
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
