"""Ads that are larger than what gRPC clients receive by default, 4 MiB."""

import os
import shutil
import subprocess

import grpc
import numpy as np
import pytest

from cyclorama import AsyncClient, Client
from cyclorama.responses import join_ad, read_ad_response
from cyclorama.v1 import ads_pb2, ads_pb2_grpc, image_pb2, scene_pb2
from gateway.ad_chunks import CHUNK_BYTES, MAX_AD_BYTES, split_large_ad
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.pictures import draw_product
from tests.support.system import serve_system_in_thread
from tools import ROOT

GRPC_LIMIT = 4 * 2**20
PHOTO = encode_image(draw_product()[0], PNG).data
# Noise, of which a PNG file is as large as its pixels.
SIDE = 1640
NOISE = encode_image(np.random.default_rng(7).integers(0, 256, (SIDE, SIDE, 3), np.uint8), PNG).data
LARGE = {"backdrop": NOISE, "size": (SIDE, SIDE), "seed": 3}
NODE_CLIENT = """
import { readFileSync, writeFileSync } from "node:fs";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

const [address, protos] = process.argv.slice(2);
const contract = loader.loadSync("cyclorama/v1/ads.proto", { includeDirs: [protos] });
const { AdService } = grpc.loadPackageDefinition(contract).cyclorama.v1;
const gateway = new AdService(address, grpc.credentials.createInsecure());
const noise = { data: readFileSync("noise.png") };
const call = gateway.createAd({
  photo: { data: readFileSync("photo.png") }, prompt: "x", seed: 3,
  backdrop: { picture: noise }, size: { width: SIDE, height: SIDE },
});
const parts = [];
call.on("data", ({ chunk, ad }) => {
  if (chunk && chunk.file === "image") parts.push(chunk.data);
  if (ad) writeFileSync("ad.png", parts.length ? Buffer.concat(parts) : ad.image.data);
});
call.on("error", (error) => { console.error(error.details); process.exitCode = 1; });
""".replace("SIDE", str(SIDE))


@pytest.fixture(scope="module")
def running():
    with serve_system_in_thread() as running:
        yield running


@pytest.fixture(scope="module")
def large_ad(running):
    with Client(running.address) as client:
        return client.create_ad(PHOTO, "x", **LARGE)


def request_ad() -> ads_pb2.CreateAdRequest:
    return ads_pb2.CreateAdRequest(
        photo=image_pb2.Image(data=PHOTO),
        prompt="x",
        seed=3,
        size=image_pb2.Size(width=SIDE, height=SIDE),
        backdrop=scene_pb2.Backdrop(picture=image_pb2.Image(data=NOISE)),
    )


def test_a_client_with_the_limits_of_grpc_receives_an_ad_of_6_mib(running, large_ad):
    assert len(large_ad.data) > 6 * 2**20
    with grpc.insecure_channel(running.address) as channel:
        *events, last = ads_pb2_grpc.AdServiceStub(channel).CreateAd(request_ad())
    chunks = [each.chunk for each in events if each.WhichOneof("event") == "chunk"]
    assert b"".join(chunk.data for chunk in chunks) == large_ad.data
    assert {(chunk.file, chunk.total_bytes) for chunk in chunks} == {("image", len(large_ad.data))}
    assert max(len(chunk.data) for chunk in chunks) == CHUNK_BYTES
    assert not last.ad.image.data and last.ad.image.width == SIDE
    assert all(each.ByteSize() < GRPC_LIMIT for each in (*events, last))
    # Nothing follows the ad, and no event comes after the first chunk.
    kinds = [each.WhichOneof("event") for each in events]
    assert set(kinds[kinds.index("chunk") :]) == {"chunk"}


def test_a_small_ad_comes_in_one_message(running):
    small = ads_pb2.CreateAdRequest(photo=image_pb2.Image(data=PHOTO), prompt="x", seed=3)
    with grpc.insecure_channel(running.address) as channel:
        *events, last = ads_pb2_grpc.AdServiceStub(channel).CreateAd(small)
    assert "chunk" not in {each.WhichOneof("event") for each in events}
    assert last.ad.image.data and last.ByteSize() <= MAX_AD_BYTES


def test_layers_and_layered_files_come_in_chunks_too():
    image = {"format": "IMAGE_FORMAT_PNG", "width": 2, "height": 1}
    names = ("background", "cutout")
    layers = [{"name": each, "image": image | {"data": each.encode()}} for each in names]
    picture = bytes(range(256)) * (MAX_AD_BYTES // 256)
    ad = {"image": image | {"data": picture}, "layers": layers, "layered_file": b"8BPS"}
    whole = ads_pb2.CreateAdResponse(ad=ad | {"manifest": "{}"})
    expected = read_ad_response(whole)
    *chunks, last = map(read_ad_response, split_large_ad(whole))
    assert {chunk.file for chunk in chunks} == {
        "image",
        "layered_file",
        "layers/background",
        "layers/cutout",
    }
    assert not last.data and join_ad(last, chunks) == expected


async def test_the_asyncio_client_receives_large_ads(running, large_ad):
    async with AsyncClient(running.address) as client:
        stream = client.stream_ad(PHOTO, "x", **LARGE)
        assert (await stream.result()).data == large_ad.data


@pytest.mark.slow
def test_a_node_client_receives_an_ad_of_6_mib(running, large_ad, tmp_path):
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("there is no npm, which comes with Node")
    install = [npm, "install", "--no-audit", "--no-fund", "@grpc/grpc-js", "@grpc/proto-loader"]
    if subprocess.run(install, cwd=tmp_path, capture_output=True).returncode:
        pytest.skip("npm cannot install @grpc/grpc-js here; it needs a registry")
    (tmp_path / "photo.png").write_bytes(PHOTO)
    (tmp_path / "noise.png").write_bytes(NOISE)
    (tmp_path / "ad.mjs").write_text(NODE_CLIENT)
    command = ["node", "ad.mjs", running.address, str(ROOT / "protos")]
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"NODE_OPTIONS": ""}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "ad.png").read_bytes() == large_ad.data
