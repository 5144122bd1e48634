"""The typed arguments of the client have every field of the contract."""

import inspect
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints, is_typeddict

import pytest
from google.protobuf.descriptor import FieldDescriptor

from cyclorama import AsyncClient, AsyncJobs, Client, Jobs, arguments, stage_options
from cyclorama.arguments import FormatName
from cyclorama.formats import FORMATS, find_format
from cyclorama.messages import set_message_fields
from cyclorama.stages import STAGES
from cyclorama.v1 import ads_pb2, jobs_pb2

# Fields of requests that callers reach by arguments of other names, or by position.
BY_POSITION = {"photo", "prompt", "photos", "prompts"}
IN_OTHER_WORDS = {
    "accept_format": "format",
    "quality": "draft",
    "delivery": "max_kb",
    "lettering": "headline",
    **dict.fromkeys(STAGES, "options"),
}


def find_typed_dict(hint: Any) -> type | None:
    """Returns the TypedDict in a type such as `Sequence[PointFields | Sequence[float]]`."""
    if is_typeddict(hint):
        return hint
    found = [each for each in map(find_typed_dict, get_args(hint)) if each]
    return found[0] if found else None


def find_literals(hint: Any) -> set[str]:
    """Returns the texts that a type allows; empty if it allows others."""
    if get_origin(hint) is Literal:
        return set(get_args(hint))
    return set().union(*map(find_literals, get_args(hint)))


def compare(typed: type, message: Any, path: str = "") -> None:
    """Asserts that a TypedDict has the fields of a message, with the names of its enums."""
    hints = get_type_hints(typed)
    assert hints.keys() == {field.name for field in message.fields}, path
    for field in message.fields:
        where, hint = f"{path}.{field.name}", hints[field.name]
        if field.message_type and field.message_type.name not in ("Color", "Struct"):
            compare(find_typed_dict(hint), field.message_type, where)
        if field.enum_type:
            prefix = field.enum_type.values[0].name.removesuffix("UNSPECIFIED")
            names = {value.name.removeprefix(prefix).lower() for value in field.enum_type.values}
            assert find_literals(hint) == names - {"unspecified"}, where


@pytest.mark.parametrize("stage", STAGES)
def test_the_options_of_a_stage_are_typed_as_in_the_contract(stage):
    typed = get_type_hints(stage_options.AdOptions)[stage]
    message = ads_pb2.CreateAdRequest.DESCRIPTOR.fields_by_name[stage].message_type
    compare(typed, message, stage)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (arguments.AdArguments, ads_pb2.CreateAdRequest),
        (arguments.CampaignArguments, jobs_pb2.Campaign),
        (arguments.OverrideArguments, jobs_pb2.Override),
    ],
)
def test_every_field_of_a_request_has_an_argument(typed, message):
    names = get_type_hints(typed).keys() | BY_POSITION
    for field in message.DESCRIPTOR.fields:
        assert IN_OTHER_WORDS.get(field.name, field.name) in names, field.name


@pytest.mark.parametrize(
    ("typed", "message", "renamed"),
    [
        (arguments.FileArguments, "delivery", {"max_kb": "max_kilobytes"}),
        (
            arguments.LetteringArguments,
            "lettering",
            {"text_margins": "top"}
            | {f"text_{name}": name for name in ("anchor", "size", "color", "look")},
        ),
    ],
)
def test_delivery_and_lettering_have_an_argument_for_each_field(typed, message, renamed):
    fields = ads_pb2.CreateAdRequest.DESCRIPTOR.fields_by_name[message].message_type.fields
    names = {renamed.get(name, name) for name in typed.__annotations__}
    # What an earlier version of an ad says is for programs that edit ads, which set the option.
    rare = {"right", "bottom", "left", "earlier_box"}
    assert names == {field.name for field in fields} - rare


def test_formats_are_typed_with_all_their_names():
    names = set(get_args(FormatName))
    assert {find_format(name).name for name in names} == FORMATS.keys()
    suffixes = {suffix[1:] for each in FORMATS.values() for suffix in each.suffixes}
    assert names == FORMATS.keys() | suffixes


@pytest.mark.parametrize(
    ("typed", "paths", "message"),
    [
        (arguments.AdArguments, arguments.AD_PATHS, ads_pb2.CreateAdRequest),
        (arguments.OverrideArguments, arguments.OVERRIDE_PATHS, jobs_pb2.Override),
    ],
)
def test_every_argument_leads_to_a_field(typed, paths: Mapping[str, str], message):
    for name in typed.__annotations__:
        found: Any = message.DESCRIPTOR
        for part in filter(None, paths[name].split(".")):
            field = found.fields_by_name[part]
            assert field.type == FieldDescriptor.TYPE_MESSAGE or part == paths[name].split(".")[-1]
            found = field.message_type


def test_a_message_may_stand_for_itself_and_none_for_nothing():
    request = ads_pb2.CreateAdRequest()
    shadow = {"kind": "SHADOW_KIND_CAST", "color": None}
    fields = {"compositing": {"shadow": shadow}, "size": request.size, "lettering": None}
    set_message_fields(request, fields)
    assert request.compositing.shadow.kind == 2 and request.HasField("size")
    assert not request.HasField("lettering")


@pytest.mark.parametrize(("client", "jobs"), [(Client, Jobs), (AsyncClient, AsyncJobs)])
def test_help_and_notebooks_list_the_keyword_arguments(client, jobs):
    for method in (client.create_ad, client.stream_ad, client.map):
        parameters = inspect.signature(method).parameters
        assert {"photo", "timeout"} & parameters.keys() or "photos" in parameters
        assert parameters.keys() >= get_type_hints(arguments.AdArguments).keys()
    assert "max_kb" in inspect.signature(client.finish).parameters
    assert "overrides" in inspect.signature(jobs.submit).parameters
    assert "created_from" in inspect.signature(jobs.list).parameters
