"""The rewritten encoder beside segment-anything's own, at a size that takes no time."""

from functools import partial

import pytest
import torch

from services.segmentation.engines.sam.encoder import Encoder
from services.segmentation.engines.sam.package import import_package

SIDE = 256


@pytest.fixture(scope="module")
def stock():
    """Two blocks, the first in windows of 7 that do not divide the 16 x 16 grid."""
    torch.manual_seed(0)
    encoder = import_package().modeling.ImageEncoderViT(
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
def pictures():
    return torch.randn(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


def error(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    return float((ours - theirs).norm() / theirs.norm())


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize(("dtype", "most"), [(torch.float32, 1e-5), (torch.bfloat16, 0.03)])
@torch.inference_mode()
def test_embeddings_are_the_stock_encoders(stock, pictures, dtype, most, fused):
    ours = Encoder(stock, dtype, fused)(pictures)
    theirs = stock(pictures)
    assert ours.dtype == torch.float32 and ours.shape == theirs.shape
    assert error(ours, theirs) < most


def test_a_batch_gives_what_its_pictures_give_alone(stock, pictures):
    encoder = Encoder(stock)
    alone = torch.cat([encoder(pictures[:1]), encoder(pictures[1:])])
    assert error(encoder(pictures), alone) < 1e-5


def test_positions_count(stock, pictures):
    before = Encoder(stock)(pictures)
    table = stock.blocks[1].attn.rel_pos_h
    kept = table.detach().clone()
    with torch.no_grad():
        table.zero_()
    assert error(Encoder(stock)(pictures), before) > 1e-3
    with torch.no_grad():
        table.copy_(kept)


def test_a_check_between_blocks_ends_the_work(stock, pictures):
    calls = []

    def check():
        calls.append(1)
        if len(calls) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        Encoder(stock)(pictures, check)
    assert len(calls) == 2


@torch.inference_mode()
def test_blocks_of_a_kind_share_what_was_compiled(stock, pictures):
    compiled = []

    def backend(graph, _):
        compiled.append(graph)
        return graph.forward

    encoder = Encoder(stock, fused=True)
    twin = encoder.compiled(backend=backend)
    twin._blocks = encoder._blocks * 3
    twin(pictures)
    assert len(compiled) == 2
    assert error(encoder.compiled(backend=backend)(pictures), stock(pictures)) < 1e-5
