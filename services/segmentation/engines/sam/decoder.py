"""Computes masks from an embedding and prompts, with SAM's prompt encoder and mask decoder."""

from collections.abc import Callable

import torch

from services.segmentation.engines.sam.cuda_graphs import CudaGraphRecorder
from services.segmentation.engines.sam.stock_model import StockSam

# Numbers of prompt tokens whose decoding is recorded on GPUs: two for a box, one for each of up to
# five points next to it, as the engine's own prompts have. Others run unrecorded, which is slower.
RECORDED_TOKENS = range(2, 8)

PredictMasks = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], tuple[torch.Tensor, ...]]
"""From features, sparse and dense prompt embeddings to logits and predicted IoUs."""


class MaskDecoder:
    """The prompt encoder and mask decoder of segment-anything's model, faster on GPUs."""

    def __init__(self, stock: StockSam, recorder: CudaGraphRecorder | None) -> None:
        """Takes both parts from segment-anything's model, `stock`.

        recorder: records common kinds of prompts as CUDA graphs, which run faster; None on CPUs.
        """
        self._encode_prompts = stock.prompt_encoder
        self._decoder = stock.mask_decoder
        with torch.inference_mode():
            self._positions = stock.prompt_encoder.get_dense_pe()
        self._recorded: dict[int, PredictMasks] = {}
        if recorder:
            self._recorded = {count: self._record(recorder, count) for count in RECORDED_TOKENS}

    @torch.inference_mode()
    def __call__(
        self,
        features: torch.Tensor,
        points: tuple[torch.Tensor, torch.Tensor] | None = None,
        box: torch.Tensor | None = None,
        mask: torch.Tensor | None = None,
        multimask: bool = True,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns mask logits (1, n, 256, 256) and the IoU predicted for each (1, n), float32.

        features: float32 (1, 256, 64, 64), see ImageEncoder.
        points: float32 coordinates (1, k, 2) and int64 labels (1, k), 1 on the product, else 0.
        box: float32 (1, 4), left, top, right, bottom.
        mask: float32 logits (1, 1, 256, 256).
        multimask: whether to predict three masks (n is 3), for ambiguous prompts, rather than one.

        Coordinates are pixels of the photo at the size at which it was encoded.
        """
        sparse, dense = self._encode_prompts(points, box, mask)
        # Recorded by number of prompt tokens, since a CUDA graph has fixed shapes.
        token_count = sparse.shape[1]
        predict_masks = self._recorded.get(token_count, self._predict_masks)
        logits, predicted_iou = predict_masks(features, sparse, dense)
        # The first of the four masks is meant for unambiguous prompts, the others for the rest.
        selected = slice(1, None) if multimask else slice(0, 1)
        return logits[:, selected], predicted_iou[:, selected]

    def _predict_masks(
        self, features: torch.Tensor, sparse: torch.Tensor, dense: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Decodes prompts to logits of four masks and the IoU predicted for each, float32.

        Returns (1, 4, 256, 256) and (1, 4).

        features: the encoded photo, float32 (1, 256, 64, 64).
        sparse: embeddings of a box and points, float32 (1, tokens, 256).
        dense: embedding of a mask, or of none, float32 (1, 256, 64, 64).
        """
        return self._decoder.predict_masks(
            image_embeddings=features,
            image_pe=self._positions,
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
        )

    def _record(self, recorder: CudaGraphRecorder, token_count: int) -> PredictMasks:
        """Records the mask decoder as a CUDA graph, for prompts of `token_count` tokens.

        Of these, a box has two and each point one. Returns a function that replays the graph, which
        is faster than running the decoder.
        """
        # Only the shapes of the examples matter: the positional encoding has that of the photo's
        # features and of the dense embedding.
        features = dense = self._positions
        sparse = self._positions.new_zeros(1, token_count, self._positions.shape[1])
        return recorder.record(self._predict_masks, (features, sparse, dense))
