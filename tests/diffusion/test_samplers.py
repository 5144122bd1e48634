import pytest

from services.diffusion.samplers import Named, choose_sampler
from tools.doubles.a1111.kinds import KINDS


def named(listed) -> list[Named]:
    return [Named(each["name"], tuple(each.get("aliases", ()))) for each in listed]


A1111 = named(KINDS["a1111"].samplers)
CPP = named(KINDS["sdcpp"].samplers)
LABELS = [Named("karras", ("Karras",)), Named("sgm_uniform", ("SGM Uniform",))]
OLD = [Named("DPM++ 2M"), Named("DPM++ 2M Karras"), Named("Euler a")]


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
        ("dpmpp_2m", "karras", OLD, [], ("DPM++ 2M Karras", "")),
        ("DPM++ 2M Karras", "", OLD, [], ("DPM++ 2M Karras", "")),
        ("", "", A1111, LABELS, ("", "")),
    ],
)
def test_names_become_the_servers_own(sampler, scheduler, samplers, schedulers, sent):
    chosen = choose_sampler(sampler, scheduler, samplers, schedulers)
    assert (chosen.sampler, chosen.scheduler) == sent
    assert not chosen.notices


def test_what_a_server_lacks_is_left_out_and_told():
    chosen = choose_sampler("unipc", "beta", A1111, LABELS)
    assert (chosen.sampler, chosen.scheduler) == ("", "")
    assert [each.reason for each in chosen.notices] == ["SAMPLER_UNKNOWN", "SCHEDULER_UNKNOWN"]


def test_a_combined_name_is_never_sent_where_schedulers_are_apart():
    chosen = choose_sampler("DPM++ 2M Karras", "", A1111, [Named("automatic")])
    assert chosen.sampler == "DPM++ 2M" and chosen.scheduler == ""
    assert [each.reason for each in chosen.notices] == ["SCHEDULER_UNKNOWN"]
