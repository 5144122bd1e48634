"""The page about the Python client, from its source: signatures, docstrings, errors."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import cyclorama
from cyclorama import jobs, operations, replay
from tools.reference.tables import code, table

HEAD = """# Python client

Made from the client's source; `make reference` writes this page anew. `pip install ./clients`
brings it with grpcio and protobuf and nothing else; its types are checked by mypy in strict mode.

Under **Errors**, names in capitals are what `CycloramaError.reason` then is: see
[all of them](errors.md).

A `PictureLike` is the bytes of a picture file, the path of one as a text or a `Path`, or a
[Picture](#picture) that an earlier call returned. A `PathOrText` is a path.

"""
# What is told of, under which heading; what is not in `cyclorama` itself with its module.
GROUPS: Mapping[str, Sequence[Any]] = {
    "Calls": (cyclorama.Client, cyclorama.AsyncClient),
    "Campaigns": (cyclorama.Jobs, cyclorama.AsyncJobs, cyclorama.Job, cyclorama.JobAd),
    "Keyword arguments": (
        operations.PictureArguments,
        operations.CompositeArguments,
        operations.InpaintArguments,
        operations.FinishArguments,
        jobs.CampaignArguments,
    ),
    "Results": (
        cyclorama.Picture,
        cyclorama.Ad,
        cyclorama.Cutout,
        cyclorama.Background,
        cyclorama.Composite,
        cyclorama.Inpainted,
        cyclorama.Finished,
        cyclorama.Event,
        cyclorama.EngineStatus,
        cyclorama.Measurement,
        cyclorama.ProfileReport,
        cyclorama.Verification,
    ),
    "Failures": (cyclorama.CycloramaError,),
    "Functions": (cyclorama.rank_ads, replay.compare_manifests),
}
# Messages of the contract that docstrings name.
MESSAGES = re.compile(r"\b([A-Z]\w+(?:Options|Response|Result)|Override)\b")
SEE = re.compile(r"\b([Ss]ee) ([A-Z]\w+)")
SAME_AS = re.compile(r"As (\w+\.\w+)(.*)\.$", re.DOTALL)
REASON = re.compile(r"\b[A-Z]+_[A-Z_]*|\b(?:OVERLOADED|\w+Error)\b")


def page() -> str:
    """The whole page."""
    parts = [f"## {title}\n\n{_index(each)}" for title, each in GROUPS.items()]
    sections = ["\n".join(map(_section, each)) for each in GROUPS.values()]
    return HEAD + "\n".join(f"{head}\n{rest}" for head, rest in zip(parts, sections, strict=True))


def described(doc: str, names: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """A docstring as paragraphs without what it says of parameters or fields, and that by name.

    It says so in sentences such as `size: width and height. first, last: of the range.`
    """
    known = "|".join(map(re.escape, names)) or "$^"
    told = re.compile(rf"(?:^|(?<=[.;] ))((?:{known})(?:, (?:{known}))*): ")
    rest, meanings = [], {}
    for paragraph in doc.split("\n\n"):
        if paragraph.startswith("    "):
            rest.append(f"```python\n{textwrap.dedent(paragraph)}\n```")
            continue
        before, *parts = told.split(" ".join(paragraph.split()))
        rest += [before.strip()] if before.strip() else []
        for which, text in zip(parts[::2], parts[1::2], strict=True):
            clean = text.strip().removesuffix(".").removesuffix(";")
            meanings |= dict.fromkeys(which.split(", "), _marked(clean))
    return rest, meanings


def _index(things: Sequence[Any]) -> str:
    rows = [(f"[{_name(each)}](#{_anchor(_name(each))})", _first(each)) for each in things]
    return table(["name", "what it is"], rows)


def _section(thing: Any) -> str:
    node = _node(thing)
    if isinstance(node, ast.FunctionDef):
        return f"### {_name(thing)}\n\n{_call(node)}"
    methods = [
        each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    start = next((each for each in methods if each.name == "__init__"), None)
    told = _arguments(start) if start else _fields(node)
    if _name(thing) in ("Jobs", "AsyncJobs", "AsyncClient"):
        told = []
    rest, meanings = described(inspect.getdoc(thing) or "", [name for name, *_ in told])
    parent = [f"Also what [{each}](#{each.lower()}) has." for each in _parents(node)]
    parts = [f"### {_name(thing)}\n", "\n\n".join([*map(_marked, rest), *parent]) + "\n"]
    failure = inspect.isclass(thing) and issubclass(thing, Exception)
    head = ["argument" if start and not failure else "field", "type", "default", "meaning"]
    rows = [
        (code(name), code(kind), code(default), meanings.get(name, ""))
        for name, kind, default in told
    ]
    parts.append(table(head, rows) if any(row[2] for row in rows) else _narrow(head, rows))
    parts += list(_methods(thing, methods))
    return "\n".join(filter(None, parts))


def _methods(thing: Any, methods: Sequence[Any]) -> Iterator[str]:
    shown = [each for each in methods if not each.name.startswith("_")]
    same = [(each, SAME_AS.match(ast.get_docstring(each) or "")) for each in shown]
    rows = [
        (code(each.name), f"[{found[1]}](#{_anchor(found[1])}){found[2]}")
        for each, found in same
        if found
    ]
    yield table(["method", "as"], rows)
    for each, found in same:
        if not found:
            yield f"#### {_name(thing)}.{each.name}\n\n{_call(each)}"


def _call(node: Any) -> str:
    """A function's signature, what it does, its arguments, its errors."""
    arguments = _arguments(node)
    rest, meanings = described(ast.get_docstring(node) or "", [name for name, *_ in arguments])
    errors = [each for each in rest if each.startswith("Errors: ")]
    told = [_marked(each) for each in rest if each not in errors]
    rows = [(code(name), text) for name, text in meanings.items()]
    failures = [f"**Errors**: {_marked(each.removeprefix('Errors: '))}\n" for each in errors]
    parts = [
        _signature(node),
        "\n\n".join(told) + "\n",
        table(["argument", "meaning"], rows),
        *failures,
    ]
    return "\n".join(filter(None, parts))


def _signature(node: Any) -> str:
    if any(ast.unparse(each) in ("property", "cached_property") for each in node.decorator_list):
        return f"```py\n{node.name}: {ast.unparse(node.returns)}\n```\n"
    bare = ast.parse(ast.unparse(node)).body[0]
    bare.body, bare.decorator_list = [ast.Expr(ast.Constant(...))], []
    bare.args.args = [each for each in bare.args.args if each.arg != "self"]
    text = ast.unparse(bare).partition(":\n")[0]
    text = re.sub(r"^(async )?def ", "", re.sub(r"Unpack\[(\w+)\]", r"\1", text))
    text = re.sub(r"(?<=[\w\]])=", " = ", text)
    return f"```py\n{_wrapped(text)}\n```\n"


def _wrapped(text: str, width: int = 96) -> str:
    """A signature on one line, or with an argument a line where it is long."""
    if len(text) <= width:
        return text
    head, _, rest = text.partition("(")
    inner, _, end = rest.rpartition(") ->")
    depth, lines, line = 0, [], ""
    for letter in inner:
        depth += (letter in "[(") - (letter in "])")
        line += letter
        if letter == "," and not depth:
            lines, line = [*lines, line.strip()], ""
    body = "\n".join(f"    {each}" for each in (*lines, line.strip() + ","))
    return f"{head}(\n{body}\n) ->{end}"


def _arguments(node: Any) -> list[tuple[str, str, str]]:
    """Name, type and default of each argument."""
    given = [*node.args.args, *node.args.kwonlyargs]
    missing = [None] * (len(node.args.args) - len(node.args.defaults))
    defaults = [*missing, *node.args.defaults, *node.args.kw_defaults]
    last = [(node.args.kwarg, None)] if node.args.kwarg else []
    return [
        (each.arg, ast.unparse(each.annotation), _plain(default))
        for each, default in [*zip(given, defaults, strict=True), *last]
        if each.arg != "self"
    ]


def _fields(node: Any) -> list[tuple[str, str, str]]:
    """Name and type of each field of a dataclass, a TypedDict or an exception."""
    told = [each for each in node.body if isinstance(each, ast.AnnAssign)]
    return [(each.target.id, ast.unparse(each.annotation), "") for each in told]


def _narrow(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The table without its column of defaults."""
    return table([head[0], head[1], head[3]], [(row[0], row[1], row[3]) for row in rows])


def _parents(node: Any) -> list[str]:
    names = {_name(each) for group in GROUPS.values() for each in group}
    return [each.id for each in node.bases if isinstance(each, ast.Name) and each.id in names]


def _plain(default: Any) -> str:
    if default is None:
        return ""
    return (
        repr(cyclorama.client.GATEWAY)
        if ast.unparse(default) == "GATEWAY"
        else ast.unparse(default)
    )


def _node(thing: Any) -> Any:
    return ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0]


def _name(thing: Any) -> str:
    return f"replay.{thing.__name__}" if thing is replay.compare_manifests else str(thing.__name__)


def _anchor(name: str) -> str:
    return name.lower().replace(".", "")


def _first(thing: Any) -> str:
    return _marked(" ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split()))


def _marked(text: str) -> str:
    """Reasons and exceptions as code, what else is told of as links; code as it is."""
    if text.startswith("```"):
        return text
    text = REASON.sub(lambda found: f"`{found[0]}`", text)
    text = SEE.sub(lambda found: f"{found[1]} [{found[2]}](#{found[2].lower()})", text)
    return MESSAGES.sub(lambda found: f"[{found[1]}](api.md#{found[1].lower()})", text)
