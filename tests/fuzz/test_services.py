"""Random requests get a response or a status with a reason, never a crash or a hang."""

import grpc
import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from cyclorama.v1 import (
    ads_pb2,
    ads_pb2_grpc,
    background_pb2,
    background_pb2_grpc,
    compositing_pb2,
    compositing_pb2_grpc,
    finishing_pb2,
    finishing_pb2_grpc,
    image_pb2,
    inpainting_pb2,
    inpainting_pb2_grpc,
    jobs_pb2,
    segmentation_pb2,
    segmentation_pb2_grpc,
)
from services.imaging.images import ImageCodec, encode_image
from services.runtime.errors import InvalidImage
from services.runtime.formats import PNG
from services.runtime.settings import ImageSettings
from tests.fuzz.messages import FILES, draw_corrupt_files, draw_messages, mutate_message
from tests.support.system import job_store_settings, serve_system_in_thread

SECONDS = 20
BUGS = (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DEADLINE_EXCEEDED)
# Examples start servers and encode images, which Hypothesis would report as slow.
PATIENT = settings(deadline=None, suppress_health_check=list(HealthCheck))
STUBS = {
    "segmentation": segmentation_pb2_grpc.SegmentationServiceStub,
    "background": background_pb2_grpc.BackgroundServiceStub,
    "compositing": compositing_pb2_grpc.CompositingServiceStub,
    "inpainting": inpainting_pb2_grpc.InpaintingServiceStub,
    "finishing": finishing_pb2_grpc.FinishingServiceStub,
    "gateway": ads_pb2_grpc.AdServiceStub,
}
PHOTO = image_pb2.Image(data=FILES[0])
SIZE = image_pb2.Size(width=256, height=256)
MASK = encode_image(np.full((96, 96), 255, np.uint8), PNG)
CUTOUT = encode_image(np.full((64, 48, 4), 200, np.uint8), PNG)
CAMPAIGN = jobs_pb2.Campaign(photos=[{"image": PHOTO}], prompts=["a table"], sizes=[SIZE])
# Valid requests, which the test then changes.
CALLS = [
    ("segmentation", "SegmentProduct", segmentation_pb2.SegmentProductRequest(photo=PHOTO)),
    (
        "background",
        "GenerateBackground",
        background_pb2.GenerateBackgroundRequest(prompt="a table", size=SIZE),
    ),
    (
        "compositing",
        "CompositeProduct",
        compositing_pb2.CompositeProductRequest(cutout=CUTOUT, background=PHOTO, size=SIZE),
    ),
    (
        "finishing",
        "FinishAd",
        finishing_pb2.FinishAdRequest(ad=PHOTO, mask=MASK, composite=PHOTO, record="x"),
    ),
    ("finishing", "VerifyFile", finishing_pb2.VerifyFileRequest(image=PHOTO, pixel_lock="{}")),
    ("finishing", "CheckFile", finishing_pb2.CheckFileRequest(image=PHOTO, profile="meta-feed")),
    ("finishing", "AssessFile", finishing_pb2.AssessFileRequest(image=PHOTO, mask=MASK)),
    (
        "inpainting",
        "InpaintScene",
        inpainting_pb2.InpaintSceneRequest(composite=PHOTO, mask=MASK, prompt="a table"),
    ),
    ("gateway", "CreateAd", ads_pb2.CreateAdRequest(photo=PHOTO, prompt="x", size=SIZE)),
    ("gateway", "SubmitJob", ads_pb2.SubmitJobRequest(campaign=CAMPAIGN)),
    ("gateway", "ListJobs", ads_pb2.ListJobsRequest()),
    ("gateway", "WatchJob", ads_pb2.WatchJobRequest(name="jobs/x")),
    ("gateway", "WaitJob", ads_pb2.WaitJobRequest(name="jobs/x", timeout={"nanos": 1})),
    ("gateway", "RetryJob", ads_pb2.RetryJobRequest(name="jobs/x")),
    ("gateway", "DeleteJob", ads_pb2.DeleteJobRequest(name="jobs/x")),
    ("gateway", "GetArtifact", ads_pb2.GetArtifactRequest(name="jobs/x/artifacts/y")),
    ("gateway", "VerifyAd", ads_pb2.VerifyAdRequest(image=PHOTO, manifest="{}")),
    ("gateway", "CheckAd", ads_pb2.CheckAdRequest(image=PHOTO, profile="meta-feed")),
    ("gateway", "AssessAd", ads_pb2.AssessAdRequest(image=PHOTO, manifest="{}")),
]


@pytest.fixture(scope="module")
def stubs(tmp_path_factory):
    """Stubs of the gateway and the five stages."""
    folder = tmp_path_factory.mktemp("fuzz")
    how = job_store_settings(folder)
    with serve_system_in_thread(**how) as running:
        addresses = {name: f"127.0.0.1:{each.port}" for name, each in running.stages.items()}
        addresses["gateway"] = running.address
        channels = {name: grpc.insecure_channel(at) for name, at in addresses.items()}
        yield {name: STUBS[name](channel) for name, channel in channels.items()}
        for channel in channels.values():
            channel.close()


@pytest.mark.parametrize(("service", "method", "valid"), CALLS, ids=[each[1] for each in CALLS])
def test_any_request_gets_a_response_or_a_reason(stubs, service, method, valid):
    @PATIENT
    @given(st.one_of(mutate_message(valid), mutate_message(valid), draw_messages(valid.DESCRIPTOR)))
    def check(request):
        call = getattr(stubs[service], method)
        try:
            response = call(request, timeout=SECONDS)
            if hasattr(response, "__next__"):
                response = list(response)
            event("responded")
        except grpc.RpcError as error:
            event(dict(error.trailing_metadata() or ()).get("cyclorama-reason", "none"))
            assert error.code() not in BUGS, f"{error.code()}: {error.details()}\n{request}"
            assert dict(error.trailing_metadata()).get("cyclorama-reason")

    check()


@given(st.one_of(draw_corrupt_files(), st.binary(max_size=200)))
def test_any_file_is_decoded_or_rejected(data):
    try:
        pixels = ImageCodec(ImageSettings()).read(image_pb2.Image(data=data), "photo")
    except InvalidImage as error:
        assert str(error).startswith("photo: ")
    else:
        assert pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] in (3, 4)
