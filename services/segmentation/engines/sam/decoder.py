"""Segment Anything from an embedding and prompts to masks: its prompt encoder and mask decoder."""

import torch

from services.segmentation.engines.sam.recording import Recorder

# Tokens of a box and of at most five points beside it: what the service asks by itself.
RECORDED_TOKENS = range(2, 8)


class Decoder:
    """Those of a stock Sam; with a recorder, common kinds of prompts take one launch on a GPU."""

    def __init__(self, stock: torch.nn.Module, recorder: Recorder | None) -> None:
        self._prompts = stock.prompt_encoder
        self._predict = stock.mask_decoder.predict_masks
        with torch.inference_mode():
            self._places = stock.prompt_encoder.get_dense_pe()
        self._recorded = {}
        if recorder:
            self._recorded = {tokens: self._record(recorder, tokens) for tokens in RECORDED_TOKENS}

    @torch.inference_mode()
    def __call__(
        self,
        features: torch.Tensor,
        points: tuple[torch.Tensor, torch.Tensor] | None = None,
        box: torch.Tensor | None = None,
        mask: torch.Tensor | None = None,
        several: bool = True,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns logits (1, n, 256, 256) and the IoU predicted for each (1, n), float32.

        features: an embedding. points: places (1, k, 2) and labels (1, k). box: (1, 4). mask:
        logits (1, 1, 256, 256). All in pixels of what was encoded. several: whether n is 3, not 1.
        """
        sparse, dense = self._prompts(points, box, mask)
        predict = self._recorded.get(sparse.shape[1], self._predicted)
        logits, predicted = predict(features, sparse, dense)
        # The first of four masks is meant for prompts that leave no choice.
        wanted = slice(1, None) if several else slice(0, 1)
        return logits[:, wanted], predicted[:, wanted]

    def _predicted(self, features, sparse, dense) -> tuple[torch.Tensor, torch.Tensor]:
        return self._predict(
            image_embeddings=features,
            image_pe=self._places,
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
        )

    def _record(self, recorder: Recorder, tokens: int):
        sparse = self._places.new_zeros(1, tokens, self._places.shape[1])
        return recorder.record(self._predicted, (self._places, sparse, self._places))
