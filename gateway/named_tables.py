"""Reads tables with names, such as [caller.shop], of the TOML files that operators write."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

Entry = TypeVar("Entry", bound=BaseModel)


def read_named_tables(document: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Returns the fields of each table [kind.NAME], by the NAME.

    document: the parsed TOML file. kind: such as "caller". Raises ValueError when one of them is no
    table, or has a field "name".
    """
    tables = document.get(kind, {})
    if not isinstance(tables, dict) or not all(
        isinstance(table, dict) for table in tables.values()
    ):
        raise ValueError(f"{kind}s are written as tables, [{kind}.NAME]")
    if any("name" in table for table in tables.values()):
        raise ValueError(f"a {kind}'s name stands in its heading, [{kind}.NAME]")
    return tables


def validate_table(model: type[Entry], fields: object, heading: str) -> Entry:
    """Returns a table as a model; raises ValueError with its heading and the invalid field."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        # Without the value: it may be a secret, or a token in place of its hash.
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise ValueError(f"{heading}, {field}: {first['msg']}") from None
