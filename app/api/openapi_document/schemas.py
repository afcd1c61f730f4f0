"""The JSON Schema of request and response types, and examples made from the schemas."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import WithDefaultSchema

REFERENCE = "#/components/schemas/"
Schema = dict[str, Any]


class _Schemas(GenerateJsonSchema):
    """Leaves out field titles, and writes `DataOfKeyItem` instead of `Data_KeyItem_`.

    Leaves out defaults too. Generated clients send a default that the description names, so that a PATCH would wipe
    what its caller left out, and TypeScript clients require the field.
    """

    def default_schema(self, schema: WithDefaultSchema) -> Schema:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 -- pydantic asks for each
        return False

    def normalize_name(self, name: str) -> str:
        return super().normalize_name(name.replace("[", "Of").replace("]", ""))


def schemas_of(types: Iterable[Any]) -> tuple[dict[Any, Schema], dict[str, Schema]]:
    """The schema of each type, and the components that the schemas refer to."""
    wanted = [(kind, _mode(kind), TypeAdapter(kind)) for kind in dict.fromkeys(types)]
    found, shared = TypeAdapter.json_schemas(wanted, schema_generator=_Schemas, ref_template=f"{REFERENCE}{{model}}")
    components = shared.get("$defs", {})
    for name, component in components.items():
        # Python clients name their classes by the title; with the same one twice they parse responses to None.
        component["title"] = name
    return {kind: schema for (kind, _), schema in found.items()}, components


def example_of(schema: Mapping[str, Any], components: Mapping[str, Schema]) -> Any:
    """An example value: the schema's own example, or one made from the examples of its parts."""
    if schema.get("examples"):
        return schema["examples"][0]
    if "$ref" in schema:
        return example_of(components[schema["$ref"].removeprefix(REFERENCE)], components)
    if "anyOf" in schema:
        return example_of(schema["anyOf"][-1], components)
    match schema.get("type"):
        case "object":
            return {name: example_of(part, components) for name, part in schema.get("properties", {}).items()}
        case "array":
            return [example_of(schema["items"], components)]
    return None


def _mode(kind: Any) -> Literal["validation", "serialization"]:
    return "validation" if isinstance(kind, type) and issubclass(kind, BaseModel) else "serialization"
