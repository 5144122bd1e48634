"""The page about the contract, from the comments of the protos."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    ServiceDescriptorProto,
)

from tools import ROOT
from tools.reference.tables import code, table

PROTOS = ROOT / "protos"
OURS = ".cyclorama.v1."
# Field numbers in descriptor.proto, of which the paths of comments are made.
MESSAGES, ENUMS, SERVICES, FIELDS, VALUES, METHODS = 4, 5, 6, 2, 2, 2

HEAD = """# API reference

Made from the comments in `protos/cyclorama/v1/`; `make reference` writes it anew. Every request is
checked before it is worked on; a wrong one is refused with `INVALID_ARGUMENT` and names all wrong
fields at once. Every failure carries a `google.rpc.ErrorInfo` with a fixed reason, the domain
`cyclorama`, and the stage that failed; overload carries a `RetryInfo`.

"""


def page() -> str:
    """The whole page."""
    files = [_File(each) for each in read_protos() if each.package == "cyclorama.v1"]
    services = [(name, text) for file in files for name, text in file.services()]
    rest = sorted((name, text) for file in files for name, text in file.types())
    index = table(["service", "what for"], [(_link(name), _first(text)) for name, text in services])
    parts = [text for _, text in (*services, *rest)]
    return (
        HEAD
        + index
        + "\n## Services\n\n"
        + "\n".join(parts[: len(services)])
        + ("\n## Messages and enums\n\n" + "\n".join(parts[len(services) :]))
    )


def read_protos() -> Sequence[FileDescriptorProto]:
    """The files of the contract with their comments, compiled anew."""
    names = sorted(str(path) for path in PROTOS.rglob("*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "all.binpb")
        flags = [f"-I{PROTOS}", f"--descriptor_set_out={out}", "--include_source_info"]
        subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *flags, *names], check=True)
        return FileDescriptorSet.FromString(out.read_bytes()).file


class _File:
    """One .proto file: its parts as sections of the page, by name."""

    def __init__(self, file: FileDescriptorProto) -> None:
        self._file = file
        self._comments = {
            tuple(place.path): place.leading_comments
            for place in file.source_code_info.location
            if place.leading_comments
        }

    def services(self) -> Iterator[tuple[str, str]]:
        for number, service in enumerate(self._file.service):
            yield service.name, self._service(service, (SERVICES, number))

    def types(self) -> Iterator[tuple[str, str]]:
        for number, message in enumerate(self._file.message_type):
            yield message.name, self._message(message, (MESSAGES, number))
        for number, enum in enumerate(self._file.enum_type):
            yield enum.name, self._enum(enum, (ENUMS, number))

    def _service(self, service: ServiceDescriptorProto, path: tuple[int, ...]) -> str:
        parts = [f"### {service.name}\n\n{self._words(path)}\n"]
        for number, method in enumerate(service.method):
            answers = "a stream of " if method.server_streaming else ""
            asked, answered = _type(method.input_type), _type(method.output_type)
            head = f"#### {service.name}.{method.name}\n\n{asked} → {answers}{answered}\n"
            parts.append(f"{head}\n{self._words((*path, METHODS, number))}\n")
        return "\n".join(parts)

    def _message(self, message: DescriptorProto, path: tuple[int, ...]) -> str:
        rows = [
            (code(field.name), _kind(field), self._flat((*path, FIELDS, number)))
            for number, field in enumerate(message.field)
        ]
        fields = table(["field", "type", "meaning"], rows)
        return f"### {message.name}\n\n{self._words(path)}\n\n{fields}"

    def _enum(self, enum: EnumDescriptorProto, path: tuple[int, ...]) -> str:
        rows = [
            (code(value.name), self._flat((*path, VALUES, number)))
            for number, value in enumerate(enum.value)
        ]
        return f"### {enum.name}\n\n{self._words(path)}\n\n{table(['value', 'meaning'], rows)}"

    def _words(self, path: tuple[int, ...]) -> str:
        paragraphs = self._comments[path].strip().split("\n\n")
        return "\n\n".join(" ".join(each.split()) for each in paragraphs)

    def _flat(self, path: tuple[int, ...]) -> str:
        return " ".join(self._words(path).split())


def _kind(field: FieldDescriptorProto) -> str:
    name = field.Type.Name(field.type).removeprefix("TYPE_").lower()
    kind = _type(field.type_name) if field.type_name else code(name)
    if field.label == field.LABEL_REPEATED:
        return f"list of {kind}"
    return f"{kind}, optional" if field.proto3_optional else kind


def _type(full_name: str) -> str:
    if full_name.startswith(OURS):
        return _link(full_name.removeprefix(OURS))
    return code(full_name.lstrip("."))


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _first(section: str) -> str:
    return section.split("\n\n")[1]
