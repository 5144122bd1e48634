import pytest

from services.diffusion.errors import WrongModel
from services.diffusion.models import check_offered, check_used
from services.diffusion.probe import Capabilities
from services.diffusion.samplers import Named

XL = Named("xl/sd_xl_base.safetensors [31e35c80fc]", ("sd_xl_base", "31e35c80fc"))
OLD = Named("v1-5.ckpt [6ce0161689]", ("v1-5", "6ce0161689"))


def server(*models: Named) -> Capabilities:
    return Capabilities("a1111", True, True, models=models)


def refused(check, *how) -> bool:
    try:
        check(*how)
    except WrongModel:
        return True
    return False


@pytest.mark.parametrize(
    "wanted", ["sd_xl_base", "SD_XL_base.safetensors", XL.name, "31e35c80fc", "xl\\sd_xl_base"]
)
def test_a_model_may_be_named_by_title_file_or_hash(wanted):
    assert not refused(check_offered, wanted, server(OLD, XL))
    assert not refused(check_used, wanted, {"sd_model_name": "sd_xl_base"}, server(OLD, XL))


def test_a_model_that_the_server_lacks_is_refused_before_anything_is_drawn():
    with pytest.raises(WrongModel, match="no model flux"):
        check_offered("flux", server(OLD, XL))
    check_offered("flux", server())


def test_another_model_than_the_one_asked_for_is_found_out():
    with pytest.raises(WrongModel, match="v1-5 instead of sd_xl_base"):
        check_used("sd_xl_base", {"sd_model_name": "v1-5"}, server(OLD, XL))


def test_a_server_that_names_no_model_is_believed_only_with_one():
    check_used("v1-5", {}, server(OLD))
    with pytest.raises(WrongModel, match="does not name"):
        check_used("v1-5", {}, server(OLD, XL))


def test_without_a_wish_any_model_will_do():
    assert not refused(check_offered, "", server(OLD))
    assert not refused(check_used, "", {"sd_model_name": "whatever"}, server(OLD))
