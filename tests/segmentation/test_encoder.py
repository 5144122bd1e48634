"""The rewritten encoder compared with segment-anything's own, at a small size."""

from functools import partial

import pytest
import torch

from services.segmentation.engines.sam import attention
from services.segmentation.engines.sam.encoder import ImageEncoder
from services.segmentation.engines.sam.package import import_segment_anything

SIDE = 256


@pytest.fixture(scope="module")
def stock():
    """Two blocks, the first in windows of 7 that do not divide the 16 x 16 grid."""
    torch.manual_seed(0)
    encoder = import_segment_anything().modeling.ImageEncoderViT(
        img_size=SIDE,
        embed_dim=64,
        depth=2,
        num_heads=2,
        norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
        out_chans=32,
        use_rel_pos=True,
        window_size=7,
        global_attn_indexes=(1,),
    )
    for name, weights in encoder.named_parameters():
        if "rel_pos" in name or "pos_embed" in name:
            torch.nn.init.normal_(weights, std=0.3)
    return encoder.eval()


@pytest.fixture(scope="module")
def images():
    return torch.randn(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


def relative_error(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    return float((ours - theirs).norm() / theirs.norm())


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize(("dtype", "most"), [(torch.float32, 1e-5), (torch.bfloat16, 0.03)])
@torch.inference_mode()
def test_embeddings_equal_the_stock_encoders(stock, images, dtype, most, fused):
    ours = ImageEncoder(stock, dtype, fused)(images)
    theirs = stock(images)
    assert ours.dtype == torch.float32 and ours.shape == theirs.shape
    assert relative_error(ours, theirs) < most


def test_a_batch_returns_what_its_images_return_alone(stock, images):
    encoder = ImageEncoder(stock)
    alone = torch.cat([encoder(images[:1]), encoder(images[1:])])
    assert relative_error(encoder(images), alone) < 1e-5


def test_the_last_block_of_queries_may_be_smaller(stock, images, monkeypatch):
    expected = ImageEncoder(stock)(images)
    # The grid has 16 rows.
    monkeypatch.setattr(attention, "BLOCK_ROWS", 7)
    assert relative_error(ImageEncoder(stock)(images), expected) < 1e-5


def test_the_caller_is_checked_within_blocks_on_cpus(stock, images):
    calls = []
    ImageEncoder(stock)(images[:1], lambda: calls.append(1))
    # Per block; per row of windows; per head and per part of the dense layers in the global block.
    assert len(calls) == 2 + 3 + 2 + 2


def test_weights_can_be_freed_after_each_block(stock):
    copied = []
    ImageEncoder(stock, on_block_copied=lambda: copied.append(1))
    assert len(copied) == 2


def test_relative_positions_change_the_embedding(stock, images):
    before = ImageEncoder(stock)(images)
    table = stock.blocks[1].attn.rel_pos_h
    before_values = table.detach().clone()
    with torch.no_grad():
        table.zero_()
    assert relative_error(ImageEncoder(stock)(images), before) > 1e-3
    with torch.no_grad():
        table.copy_(before_values)


def test_an_error_of_the_check_between_blocks_ends_the_encoding(stock, images):
    calls = []

    def check():
        calls.append(1)
        if len(calls) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        ImageEncoder(stock)(images, check)
    assert len(calls) == 2


@pytest.mark.slow
@torch.inference_mode()
def test_blocks_of_a_kind_share_their_compiled_code(stock, images):
    compiled = []

    def backend(graph, _):
        compiled.append(graph)
        return graph.forward

    encoder = ImageEncoder(stock, fused=True)
    twin = encoder.create_compiled_copy(backend=backend)
    twin._blocks = encoder._blocks * 3
    twin(images)
    assert len(compiled) == 2
    assert (
        relative_error(encoder.create_compiled_copy(backend=backend)(images), stock(images)) < 1e-5
    )
