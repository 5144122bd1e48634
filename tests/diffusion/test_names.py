import pytest

from services.diffusion.dialect import ServerCapabilities
from services.diffusion.errors import WrongModel
from services.diffusion.names import (
    check_model_offered,
    check_model_used,
    resolve_sampler,
    strip_model_name,
)
from services.diffusion.request import ListedName
from tools.doubles.a1111.kinds import KINDS


def list_names(listed) -> list[ListedName]:
    return [ListedName(each["name"], tuple(each.get("aliases", ()))) for each in listed]


A1111 = list_names(KINDS["a1111"].samplers)
CPP = list_names(KINDS["sdcpp"].samplers)
LABELS = [ListedName("karras", ("Karras",)), ListedName("sgm_uniform", ("SGM Uniform",))]
WITHOUT_SCHEDULERS = [ListedName("DPM++ 2M"), ListedName("DPM++ 2M Karras"), ListedName("Euler a")]
XL = ListedName("xl/sd_xl_base.safetensors [31e35c80fc]", ("sd_xl_base", "31e35c80fc"))
OLD = ListedName("v1-5.ckpt [6ce0161689]", ("v1-5", "6ce0161689"))


@pytest.mark.parametrize(
    ("sampler", "scheduler", "samplers", "schedulers", "sent"),
    [
        ("euler_a", "", A1111, LABELS, ("Euler a", "")),
        ("euler_a", "", CPP, LABELS, ("euler_a", "")),
        ("k_euler_ancestral", "", A1111, LABELS, ("Euler a", "")),
        ("dpmpp_2m", "karras", A1111, LABELS, ("DPM++ 2M", "karras")),
        ("dpmpp_2m", "Karras", CPP, LABELS, ("dpm++2m", "karras")),
        ("DPM++ 2M Karras", "", A1111, LABELS, ("DPM++ 2M", "karras")),
        ("DPM++ 2M SGM Uniform", "", CPP, LABELS, ("dpm++2m", "sgm_uniform")),
        ("dpmpp_2m", "karras", WITHOUT_SCHEDULERS, [], ("DPM++ 2M Karras", "")),
        ("DPM++ 2M Karras", "", WITHOUT_SCHEDULERS, [], ("DPM++ 2M Karras", "")),
        ("", "", A1111, LABELS, ("", "")),
    ],
)
def test_sampler_names_are_mapped_to_the_servers_own(
    sampler, scheduler, samplers, schedulers, sent
):
    chosen = resolve_sampler(sampler, scheduler, samplers, schedulers)
    assert (chosen.sampler, chosen.scheduler) == sent
    assert not chosen.warnings


def test_unknown_samplers_are_left_out_with_a_warning():
    chosen = resolve_sampler("unipc", "beta", A1111, LABELS)
    assert (chosen.sampler, chosen.scheduler) == ("", "")
    assert [each.reason for each in chosen.warnings] == ["SAMPLER_UNKNOWN", "SCHEDULER_UNKNOWN"]


def test_a_combined_name_is_split_if_the_server_lists_schedulers():
    chosen = resolve_sampler("DPM++ 2M Karras", "", A1111, [ListedName("automatic")])
    assert chosen.sampler == "DPM++ 2M" and chosen.scheduler == ""
    assert [each.reason for each in chosen.warnings] == ["SCHEDULER_UNKNOWN"]


def list_models(*models: ListedName) -> ServerCapabilities:
    return ServerCapabilities("a1111", True, True, models=models)


def is_rejected(check, *how) -> bool:
    try:
        check(*how)
    except WrongModel:
        return True
    return False


@pytest.mark.parametrize(
    "wanted", ["sd_xl_base", "SD_XL_base.safetensors", XL.name, "31e35c80fc", "xl\\sd_xl_base"]
)
def test_a_model_may_be_named_by_title_file_or_hash(wanted):
    assert not is_rejected(check_model_offered, wanted, list_models(OLD, XL))
    assert not is_rejected(check_model_used, wanted, ListedName("sd_xl_base"), list_models(OLD, XL))


def test_a_model_that_is_not_listed_is_rejected():
    with pytest.raises(WrongModel, match="no model flux"):
        check_model_offered("flux", list_models(OLD, XL))
    check_model_offered("flux", list_models())


def test_the_use_of_another_model_is_detected():
    with pytest.raises(WrongModel, match="v1-5 instead of sd_xl_base"):
        check_model_used("sd_xl_base", ListedName("v1-5"), list_models(OLD, XL))


def test_a_server_that_reports_no_model_is_trusted_only_if_it_has_one():
    check_model_used("v1-5", ListedName(""), list_models(OLD))
    with pytest.raises(WrongModel, match="does not name"):
        check_model_used("v1-5", ListedName(""), list_models(OLD, XL))


def test_any_model_is_accepted_if_none_is_requested():
    assert not is_rejected(check_model_offered, "", list_models(OLD))
    assert not is_rejected(check_model_used, "", ListedName("whatever"), list_models(OLD))


@pytest.mark.parametrize(
    "name",
    [XL.name, "xl\\sd_xl_base.ckpt", "sd_xl_base.GGUF", "sd_xl_base"],
)
def test_a_model_is_reported_without_folder_suffix_and_hash(name):
    assert strip_model_name(name) == "sd_xl_base"
