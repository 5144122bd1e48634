"""Validates graphs as ComfyUI does, with the bodies of its errors."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tools.doubles.comfyui.nodes import Input, NodeCatalog

# Longer lists of values are not repeated in errors.
MAX_LISTED_VALUES = 20
CONVERSIONS = {"INT": int, "FLOAT": float, "STRING": str, "BOOLEAN": bool}

Graph = dict[str, dict[str, Any]]
ErrorBody = dict[str, Any]


@dataclass
class ValidatedGraph:
    """The result: the ids of the outputs to execute, or an error; and the errors of nodes."""

    outputs: list[str] = field(default_factory=list)
    error: ErrorBody | None = None
    node_errors: dict[str, ErrorBody] = field(default_factory=dict)


def validate_graph(
    graph: Graph, catalog: NodeCatalog, has_file: Callable[[str], bool], targets: list | None = None
) -> ValidatedGraph:
    """Validates a graph, and converts the values in it to the types of the inputs.

    has_file: whether an image was uploaded. targets: the outputs to execute; None for all.
    """
    for node_id, node in graph.items():
        if catalog.get(node.get("class_type", "")) is None:
            return ValidatedGraph(error=_build_missing_type(node_id, node))
    outputs = [
        node_id
        for node_id, node in graph.items()
        if catalog.get(node["class_type"]).is_output and (targets is None or node_id in targets)
    ]
    if not outputs:
        return ValidatedGraph(error=_build_error("prompt_no_outputs", "Prompt has no outputs", ""))
    return _GraphValidator(graph, catalog, has_file).validate(outputs)


class _GraphValidator:
    def __init__(self, graph: Graph, catalog: NodeCatalog, has_file: Callable) -> None:
        self._graph, self._catalog, self._has_file = graph, catalog, has_file
        # Whether a node and all before it are valid, and its own errors.
        self._checked: dict[str, tuple[bool, list[ErrorBody]]] = {}

    def validate(self, outputs: list[str]) -> ValidatedGraph:
        found, details = ValidatedGraph(), []
        for output in outputs:
            try:
                is_valid, errors = self._check_node(output, [])
            except Exception as error:
                errors = [_build_exception("exception_during_validation", "node", error)]
                is_valid, self._checked[output] = False, (False, errors)
            if is_valid:
                found.outputs.append(output)
                continue
            details += [f"{each['message']}: {each['details']}" for each in errors]
            self._add_node_errors(found, output)
        if not found.outputs:
            found.error = _build_error(
                "prompt_outputs_failed_validation",
                "Prompt outputs failed validation",
                "\n".join(details),
            )
        return found

    def _add_node_errors(self, found: ValidatedGraph, output: str) -> None:
        for node_id, (_, errors) in self._checked.items():
            if errors:
                class_type = self._graph[node_id]["class_type"]
                body = {"errors": errors, "dependent_outputs": [], "class_type": class_type}
                found.node_errors.setdefault(node_id, body)["dependent_outputs"].append(output)

    def _check_node(self, node_id: str, path: list[str]) -> tuple[bool, list[ErrorBody]]:
        if node_id in self._checked:
            return self._checked[node_id]
        if node_id in path:
            return self._record_cycle([*path[path.index(node_id) :], node_id])
        node = self._graph[node_id]
        kinds = self._catalog.list_inputs(node["class_type"])
        errors, is_valid = [], True
        for kind, inputs in kinds.items():
            for name, spec in inputs.items():
                if name not in node["inputs"]:
                    errors += [_build_input_error("required_input_missing", name)] * (
                        kind == "required"
                    )
                elif isinstance(node["inputs"][name], list):
                    is_valid &= self._check_link(node_id, name, spec, [*path, node_id], errors)
                else:
                    errors += self._check_value(node, name, spec)
        known = self._checked.get(node_id, (True, []))
        self._checked[node_id] = known[0] and is_valid and not errors, known[1] + errors
        return self._checked[node_id]

    def _record_cycle(self, cycle: list[str]) -> tuple[bool, list[ErrorBody]]:
        nodes = list(dict.fromkeys(cycle))
        path = " -> ".join(f"{each} ({self._graph[each]['class_type']})" for each in cycle)
        for each in nodes:
            extra = {"node_id": each, "cycle_nodes": nodes}
            error = _build_error("dependency_cycle", "Dependency cycle detected", path, extra)
            self._checked[each] = False, [error]
        return self._checked[cycle[-1]]

    def _check_link(
        self, node_id: str, name: str, spec: Input, path: list[str], errors: list[ErrorBody]
    ) -> bool:
        """Returns whether the node behind a link is valid; adds errors of the link itself."""
        link = self._graph[node_id]["inputs"][name]
        if len(link) != 2:
            errors.append(_build_input_error("bad_linked_input", name, spec, received_value=link))
            return True
        source = self._graph[link[0]]["class_type"]
        received, wanted = self._catalog.get_outputs(source)[link[1]], spec[0]
        if received != wanted:
            error = _build_input_error(
                "return_type_mismatch", name, spec, received_type=received, linked_node=link
            )
            error["details"] += f", received_type({received}) mismatch input_type({wanted})"
            errors.append(error)
            return True
        try:
            return self._check_node(link[0], path)[0]
        except Exception as error:
            kind = "exception_during_inner_validation"
            self._checked[link[0]] = False, [_build_exception(kind, "inner node", error)]
            return False

    def _check_value(self, node: dict, name: str, spec: Input) -> list[ErrorBody]:
        """Returns the error of a value in a list of one, or nothing."""
        kind, options = spec
        value = node["inputs"][name]
        if isinstance(kind, str) and kind in CONVERSIONS:
            try:
                value = node["inputs"][name] = CONVERSIONS[kind](value)
            except (ValueError, TypeError) as error:
                return [_build_conversion_error(name, spec, value, error)]
        if name in self._catalog.get(node["class_type"]).validates:
            return [] if self._has_file(value) else [_build_missing_file(name, value)]
        for limit, kind_of_error, is_beyond in (
            ("min", "value_smaller_than_min", lambda low: value < low),
            ("max", "value_bigger_than_max", lambda high: value > high),
        ):
            if limit in options and is_beyond(options[limit]):
                error = _build_input_error(kind_of_error, name, spec, received_value=value)
                word = "smaller than min" if limit == "min" else "bigger than max"
                error["message"] = f"Value {value} {word} of {options[limit]}"
                return [error]
        values = options.get("options", []) if kind == "COMBO" else kind
        if isinstance(values, list) and value not in values:
            return [_build_unlisted(name, spec, value, values)]
        return []


_MESSAGES = {
    "required_input_missing": "Required input is missing",
    "bad_linked_input": "Bad linked input, must be a length-2 list of [node_id, slot_index]",
    "return_type_mismatch": "Return type mismatch between linked nodes",
    "value_not_in_list": "Value not in list",
}


def _build_error(kind: str, message: str, details: str, extra: dict | None = None) -> ErrorBody:
    return {"type": kind, "message": message, "details": details, "extra_info": extra or {}}


def _build_input_error(
    kind: str, name: str, spec: Input | None = None, **extra: object
) -> ErrorBody:
    info = {"input_name": name} | ({"input_config": spec} if spec else {}) | extra
    return _build_error(kind, _MESSAGES.get(kind, ""), name, info)


def _build_conversion_error(name: str, spec: Input, value: object, error: Exception) -> ErrorBody:
    text = str(error)
    body = _build_input_error(
        "invalid_input_type", name, spec, received_value=value, exception_message=text
    )
    message = f"Failed to convert an input value to a {spec[0]} value"
    return body | {"message": message, "details": f"{name}, {value}, {text}"}


def _build_unlisted(name: str, spec: Input, value: object, values: list[str]) -> ErrorBody:
    is_long = len(values) > MAX_LISTED_VALUES
    body = _build_input_error("value_not_in_list", name, received_value=value)
    body["extra_info"]["input_config"] = None if is_long else spec
    listed = f"(list of length {len(values)})" if is_long else str(values)
    return body | {"details": f"{name}: {value!r} not in {listed}"}


def _build_missing_file(name: str, value: object) -> ErrorBody:
    return _build_error(
        "custom_validation_failed",
        "Custom validation failed for node",
        f"{name} - Invalid image file: {value}",
        {"input_name": name},
    )


def _build_missing_type(node_id: str, node: dict) -> ErrorBody:
    class_type = node.get("class_type")
    title = node.get("_meta", {}).get("title", class_type)
    if class_type is None:
        label = title or f"ID #{node_id}"
        message = (
            f"Node '{label}' has no class_type. "
            "The workflow may be corrupted or a custom node is missing."
        )
    else:
        message = f"Node '{title}' not found. The custom node may not be installed."
    extra = {"node_id": node_id, "class_type": class_type, "node_title": title}
    return _build_error("missing_node_type", message, f"Node ID '#{node_id}'", extra)


def _build_exception(kind: str, what: str, error: Exception) -> ErrorBody:
    extra = {"exception_type": type(error).__qualname__, "traceback": []}
    return _build_error(kind, f"Exception when validating {what}", str(error), extra)
