"""The protos, their comments, and the code generated from them."""

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import grpc
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from cyclorama.v1 import jobs_pb2
from tools.reference.limits import RULES

ROOT = Path(__file__).parents[1]
PROTOS = sorted((ROOT / "protos").rglob("*.proto"))
PACKAGE = "cyclorama.v1"
MODULES = [importlib.import_module(f"{PACKAGE}.{path.stem}_pb2") for path in PROTOS]
SERVICES = [each for module in MODULES for each in module.DESCRIPTOR.services_by_name.values()]
RPCS = [rpc for service in SERVICES for rpc in service.methods]

# Numbers without presence, and why unset may mean the same as 0.
SAME_AS_ZERO = {
    **dict.fromkeys(("Box.x", "Box.y"), "the edge of the picture"),
    **dict.fromkeys(("Box.width", "Box.height"), "no box has a side of 0"),
    **dict.fromkeys(("Color.red", "Color.green", "Color.blue"), "a channel without light"),
    "GetArtifactRequest.offset": "the first byte",
    **dict.fromkeys(("Image.width", "Image.height"), "no picture has a side of 0"),
    "ListJobsRequest.page_size": "no page has 0 jobs; AIP-158 makes it the default",
    "ListWebhookDeliveriesRequest.page_size": "as of jobs",
    **dict.fromkeys(("Size.width", "Size.height"), "no picture has a side of 0"),
    "Placement.rotation": "not rotated",
    "Placement.scale": "no product has a scale of 0",
    "SubmitJobRequest.priority": "the lowest priority",
    "WatchJobRequest.after_sequence": "sequences start at 1",
}
# Scalars without presence in the options of an override, and why none is needed.
NEEDS_NO_OVERRIDE = {
    "EngineChoice.name": 'empty means "auto", which an override can name',
    **dict.fromkeys(("Delivery.layers", "Delivery.layered_file"), "jobs have no layers"),
}
# What an override replaces as a whole.
REPLACED = ("Box", "Color", "Image", "Size")

# Words that carry no meaning without a comment's neighbors.
EMPTY = re.compile(
    r"all|an|and|any|are|as|asked|at|auto|be|been|best|but|by|default|depends|do|does|each|every|"
    r"first|for|from|has|here|how|if|in|is|it|its|last|made|makes?|most|no|none|nor|not|now|of|on|"
    r"one|or|other|per|required|so|such|than|that|the|them|then|there|these|they|this|to|too|"
    r"unless|unset|until|up|was|were|what|when|where|whether|which|while|who|will|with|without"
)
# First words that do not say what a comment is about.
OPENINGS = re.compile(
    r"as|asks|at|best|by|cannot|counted|depends|empty|from|how|in|its?|newest|not|of|on|such|what|"
    r"when|where|which|who|with"
)
# Words that the project's vocabulary and American spelling replace.
UNWANTED = re.compile(
    r"\b(anew|beside|whoever|tells?|told|wish(?:es)?|notices?|mend|spoilt|at work|served|answers?|"
    r"towards|grey|behaviour|\w*colour\w*|\w*centre[sd]?|cancell(?:ed|ing))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Declared:
    """One declaration in a proto: its kind, its name, and the comment above it."""

    kind: str
    name: str
    comment: str

    @property
    def paragraphs(self) -> list[str]:
        """The comment's paragraphs, each on one line."""
        return [" ".join(each.split()) for each in re.split(r"\n\s*\n", self.comment.strip())]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory) -> Path:
    """A folder with freshly generated code, and the descriptors with comments in all.binpb."""
    out = tmp_path_factory.mktemp("generated")
    flags = [f"--{kind}_out={out}" for kind in ("python", "pyi", "grpc_python")]
    flags += [f"--descriptor_set_out={out / 'all.binpb'}", "--include_source_info"]
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT / 'protos'}", *flags]
    subprocess.run([*command, *map(str, PROTOS)], check=True)
    return out


@pytest.fixture(scope="module")
def declared(compiled) -> list[Declared]:
    files = FileDescriptorSet.FromString((compiled / "all.binpb").read_bytes()).file
    return [each for file in files for each in declarations(file)]


def declarations(file: FileDescriptorProto) -> Iterator[Declared]:
    """Everything that a file declares; the numbers are those of descriptor.proto."""
    places = file.source_code_info.location
    comments = {tuple(place.path): place.leading_comments for place in places}

    def read(kind: str, things, *path: int, prefix: str = "") -> Iterator[Declared]:
        for at, thing in enumerate(things):
            yield Declared(kind, prefix + thing.name, comments.get((*path, at), ""))

    yield from read("message", file.message_type, 4)
    yield from read("enum", file.enum_type, 5)
    yield from read("service", file.service, 6)
    yield from read("extension", file.extension, 7)
    for at, each in enumerate(file.message_type):
        yield from read("field", each.field, 4, at, 2, prefix=f"{each.name}.")
        # The compiler makes one of each optional field, with an underscore.
        oneofs = [oneof for oneof in each.oneof_decl if not oneof.name.startswith("_")]
        yield from read("oneof", oneofs, 4, at, 8, prefix=f"{each.name}.")
    for at, each in enumerate(file.enum_type):
        yield from read("value", each.value, 5, at, 2, prefix=f"{each.name}.")
    for at, each in enumerate(file.service):
        yield from read("rpc", each.method, 6, at, 2, prefix=f"{each.name}.")


def has_substance(comment: str) -> bool:
    """Whether the first sentence opens with its subject and has two words with a meaning."""
    text = " ".join(comment.split()).removeprefix("Required. ")
    words = re.findall(r"[a-z][\w-]+", text.partition(". ")[0].lower())
    meaningful = {word for word in words if not EMPTY.fullmatch(word)}
    return len(meaningful) >= 2 and not OPENINGS.fullmatch(words[0])


def messages_in(message: Descriptor, skipped: tuple[str, ...] = ()) -> set[Descriptor]:
    """A message and, however deep, all messages of the contract in it, but for skipped ones."""
    found, waiting = set(), [message]
    while waiting:
        if (each := waiting.pop()) not in found:
            found.add(each)
            inner = [field.message_type for field in each.fields if field.message_type]
            ours = [each for each in inner if each.file.package == PACKAGE]
            waiting += [each for each in ours if each.name not in skipped]
    return found


def without_presence(messages: set[Descriptor]) -> dict[str, int]:
    """Returns the type of each singular field without presence, by message and name."""
    return {
        f"{message.name}.{field.name}": field.cpp_type
        for message in messages
        for field in message.fields
        if not field.has_presence and not field.is_repeated
    }


def test_generated_code_matches_the_protos(compiled):
    fresh = {path.relative_to(compiled): path for path in compiled.rglob("*.py*")}
    committed = {p.relative_to(ROOT / "clients") for p in (ROOT / "clients").glob("*/v1/*.py*")}
    assert fresh.keys() == committed
    for name, path in fresh.items():
        text = (ROOT / "clients" / name).read_text()
        assert text == path.read_text(), f"{name} is stale: run `make protos`"


def test_the_protos_are_clean_under_buf_lint():
    command = [f"{sys.prefix}/bin/buf", "lint"]
    done = subprocess.run(command, cwd=ROOT / "protos", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_comment_says_something_without_its_neighbors(declared):
    empty = {each.name: each.comment for each in declared if not has_substance(each.comment)}
    assert not empty


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "None.",
        "Met.",
        "Not met.",
        "Not a stage.",
        "Which one.",
        "What ran.",
        "Whether it does.",
        "Where the product went.",
        "Depends on the scene.",
        "The answer.",
        "The last message.",
        "As `top`.",
        "As it stands now.",
        "Its seed.",
        "How to cut out.",
        "How far the engine is.",
        "At most 1 MiB.",
        "One per rule.",
        "Required. The file.",
        'Default "auto".',
        "Empty on the last page.",
    ],
)
def test_a_comment_without_substance_is_found(comment):
    assert not has_substance(comment)


def test_every_comment_is_made_of_sentences(declared):
    for each in declared:
        for paragraph in each.paragraphs:
            assert re.fullmatch(r'["`A-Z0-9].*\.', paragraph), f"{each.name}: {paragraph}"


def test_comments_use_the_words_of_the_project(declared):
    found = {each.name: UNWANTED.findall(each.comment) for each in declared}
    assert not {name: words for name, words in found.items() if words}


def test_every_rpc_starts_with_a_verb(declared):
    for each in declared:
        if each.kind in ("rpc", "service"):
            assert re.match(r"[A-Z][a-z]+s ", each.comment.strip()), f"{each.name}: {each.comment}"


def test_every_service_and_rpc_lists_its_errors_by_status(declared):
    listed = r"[A-Z_]+(?:(?:, | and )[A-Z_]+)* (?:when|with|as described)\b.*|those of \w+"
    for each in declared:
        lists = [text for text in each.paragraphs if text.startswith("Errors")]
        if each.kind in ("rpc", "service") and not each.name.endswith(".ListEngines"):
            assert lists, f"{each.name} lists no errors"
        for item in chain.from_iterable(text.partition(": ")[2].split("; ") for text in lists):
            assert re.fullmatch(listed, item), f"{each.name}: {item}"
            statuses = re.findall(r"[A-Z_]{2,}", re.split(r" when | with | as ", item)[0])
            assert set(statuses) <= grpc.StatusCode.__members__.keys(), f"{each.name}: {item}"


def test_unset_numbers_in_requests_differ_from_zero_unless_both_mean_the_same():
    requests = set(chain.from_iterable(messages_in(rpc.input_type) for rpc in RPCS))
    numbers = (
        FieldDescriptor.CPPTYPE_FLOAT,
        FieldDescriptor.CPPTYPE_INT32,
        FieldDescriptor.CPPTYPE_INT64,
    )
    plain = {name for name, kind in without_presence(requests).items() if kind in numbers}
    assert plain == SAME_AS_ZERO.keys()


def test_an_override_can_set_every_option_back_to_zero_false_or_empty():
    # Points are set by lists, which are replaced as well.
    inside = messages_in(jobs_pb2.Override.DESCRIPTOR, (*REPLACED, "Point"))
    enums = FieldDescriptor.CPPTYPE_ENUM
    plain = {name for name, kind in without_presence(inside).items() if kind != enums}
    assert plain == NEEDS_NO_OVERRIDE.keys()


def test_all_streaming_stages_respond_alike():
    stages = [rpc for rpc in RPCS if rpc.containing_service.name != "AdService"]
    responses = [rpc.output_type for rpc in stages if rpc.server_streaming]
    assert len(responses) == 3
    for response in responses:
        (event,) = response.oneofs
        result = response.name.removesuffix("Response") + "Result"
        assert [field.message_type.name for field in event.fields] == ["Progress", result]
        assert [field.name for field in response.fields] == ["progress", "result"]


def test_every_rule_stands_on_a_field_that_exists():
    for message, rules in RULES.items():
        for rule in rules:
            assert rule.field in message.DESCRIPTOR.fields_by_name


def test_every_request_with_fields_has_rules():
    requests = {rpc.input_type for rpc in RPCS if rpc.input_type.fields}
    assert requests <= {message.DESCRIPTOR for message in RULES}
