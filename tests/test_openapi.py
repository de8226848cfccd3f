"""The OpenAPI document is valid, complete and true to the catalogue of requirements."""

import re
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

OPENAPI: Final = Path(__file__).parents[1] / "openapi"
DOCUMENT: Final[dict[str, Any]] = yaml.safe_load((OPENAPI / "service.yaml").read_text("utf-8"))
CATALOGUE: Final = tomllib.loads((OPENAPI / "requirements.toml").read_text("utf-8"))["requirement"]
REGISTRY: Final[Registry[Any]] = Registry().with_resource(
    "urn:service", Resource.from_contents(DOCUMENT, default_specification=DRAFT202012)
)
OPERATIONS: Final = {
    "ListService": ("/v1/Services", "get", "200"),
    "CreateService": ("/v1/Services", "post", "201"),
    "FetchService": ("/v1/Services/{Sid}", "get", "200"),
    "UpdateService": ("/v1/Services/{Sid}", "post", "200"),
    "DeleteService": ("/v1/Services/{Sid}", "delete", "204"),
}
PARAMETERS: Final = {
    "UniqueName": "unique_name",
    "DefaultTtl": "default_ttl",
    "CallbackUrl": "callback_url",
    "GeoMatchLevel": "geo_match_level",
    "NumberSelectionBehavior": "number_selection_behavior",
    "InterceptCallbackUrl": "intercept_callback_url",
    "OutOfSessionCallbackUrl": "out_of_session_callback_url",
    "ChatInstanceSid": "chat_instance_sid",
}
BASES: Final = {"documented", "vendor-spec", "vendor-client", "observed", "inferred"}
FORM: Final = "application/x-www-form-urlencoded"


FORMATS: Final = FormatChecker(())


@FORMATS.checks("uri", raises=ValueError)
def is_uri(value: object) -> bool:
    """Tell whether a text is a URI; jsonschema checks this only with further packages."""
    return not isinstance(value, str) or bool(re.fullmatch(r"[A-Za-z][\w+.-]*:[!-~]+", value))


@FORMATS.checks("date-time", raises=ValueError)
def is_moment(value: object) -> bool:
    """Tell whether a text is a date and time of RFC 3339."""
    return not isinstance(value, str) or bool(
        datetime.fromisoformat(value).tzinfo and re.fullmatch(r"[\d-]{10}[Tt][\d:.]{8,}\S+", value)
    )


def pointed(pointer: str) -> Any:
    """Resolve a JSON pointer of this document."""
    found: Any = DOCUMENT
    for key in pointer.removeprefix("#/").split("/"):
        found = found[key.replace("~1", "/").replace("~0", "~")]
    return found


def resolved(part: Any) -> Any:
    """Follow references until there is none; what stands beside one wins."""
    while isinstance(part, dict) and "$ref" in part:
        part = {**pointed(part["$ref"]), **{k: v for k, v in part.items() if k != "$ref"}}
    return part


def walked(part: Any, where: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every object of the document, examples' values left out, with its pointer."""
    if isinstance(part, dict):
        yield where, part
        for key, value in part.items():
            if key != "value":
                escaped = str(key).replace("~", "~0").replace("/", "~1")
                yield from walked(value, f"{where}/{escaped}")
    elif isinstance(part, list):
        for number, value in enumerate(part):
            yield from walked(value, f"{where}/{number}")


def errors(pointer: str, value: Any) -> list[str]:
    """Say what a value breaks of the schema at a pointer."""
    validator = Draft202012Validator(
        {"$ref": f"urn:service{pointer}"}, registry=REGISTRY, format_checker=FORMATS
    )
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def operation(name: str) -> dict[str, Any]:
    path, method, _ = OPERATIONS[name]
    found: dict[str, Any] = DOCUMENT["paths"][path][method]
    return found


def examples() -> Iterator[tuple[str, str, Any]]:
    """Give every example of a body: where its schema is, what it is called, its value."""
    for where, part in walked(DOCUMENT):
        if "schema" in part and "examples" in part:
            for name, example in part["examples"].items():
                yield f"{where}/schema", f"{where}/{name}", resolved(example)["value"]


def test_the_specification_finds_nothing() -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_the_five_operations_are_there_and_no_others() -> None:
    found = {
        part["operationId"]: (path, method)
        for path, item in DOCUMENT["paths"].items()
        for method, part in item.items()
        if isinstance(part, dict)
    }

    assert found == {name: (path, method) for name, (path, method, _) in OPERATIONS.items()}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_complete(name: str) -> None:
    path, _, success = OPERATIONS[name]
    described = operation(name)
    statuses = [str(status) for status in described["responses"]]
    schemes = DOCUMENT["components"]["securitySchemes"].values()

    assert [status for status in statuses if status.startswith("2")] == [success]
    assert {"400", "401", "403", "429", "4XX"} <= set(statuses)
    assert ("404" in statuses) == ("{Sid}" in path)
    assert {"summary", "description", "tags", "x-basis", "x-requirements"} <= set(described)
    assert any(
        "{Sid}" in path and resolved(p)["name"] == "Sid" for p in described.get("parameters", ())
    ) == ("{Sid}" in path)
    assert {(scheme["type"], scheme["scheme"]) for scheme in schemes} == {("http", "basic")}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_refusal_has_the_shape_of_an_error(name: str) -> None:
    refusals = {
        status: resolved(response)["content"]
        for status, response in operation(name)["responses"].items()
        if not str(status).startswith("2")
    }

    for content in refusals.values():
        assert list(content) == ["application/json"]
        assert content["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}


def test_bodies_are_forms_that_hold_the_eight_parameters_and_nothing_else() -> None:
    for name in ("CreateService", "UpdateService"):
        content = operation(name)["requestBody"]["content"]
        schema = resolved(content[FORM]["schema"])

        assert list(content) == [FORM]
        assert set(schema["properties"]) == set(PARAMETERS)
        assert schema["additionalProperties"] is False
        assert schema.get("required", []) == (["UniqueName"] if name == "CreateService" else [])


def test_every_parameter_is_a_field_of_the_service() -> None:
    fields = set(pointed("#/components/schemas/Service")["properties"])
    made = {"sid", "account_sid", "date_created", "date_updated", "url", "links"}

    assert fields == {*PARAMETERS.values(), *made}


def test_each_operation_describes_its_examples() -> None:
    described = {where.split("/examples")[0] for where, _, _ in examples()}

    assert len(list(examples())) >= 20
    assert all(
        any(where.startswith(f"#/paths/{path.replace('/', '~1')}/{method}") for where in described)
        for path, method, success in OPERATIONS.values()
        if success != "204"
    )


@pytest.mark.parametrize(
    ("schema", "value"), [pytest.param(s, v, id=name) for s, name, v in examples()]
)
def test_an_example_keeps_its_schema(schema: str, value: Any) -> None:
    assert errors(schema, value) == []


@pytest.mark.parametrize(
    ("schema", "change"),
    [
        ("Service", {"sid": "KS1"}),
        ("Service", {"sid": None}),
        ("Service", {"account_sid": "KS" + "a" * 32}),
        ("Service", {"default_ttl": "0"}),
        ("Service", {"default_ttl": None}),
        ("Service", {"geo_match_level": "planet"}),
        ("Service", {"number_selection_behavior": None}),
        ("Service", {"date_created": "2015-07-30T22:00:00+02:00"}),
        ("Service", {"date_updated": "30 July 2015 20:00:00 Z"}),
        ("Service", {"callback_url": "nowhere"}),
        ("Service", {"url": "/v1/Services/KS1"}),
        ("Service", {"unique_name": "x" * 192}),
        ("Service", {"links": {"sessions": "https://proxy.twilio.com/v1/Services/KS1/Sessions"}}),
        ("CreateServiceRequest", {"UniqueName": ""}),
        ("CreateServiceRequest", {"UniqueName": "x" * 192}),
        ("CreateServiceRequest", {"DefaultTtl": 0.5}),
        ("CreateServiceRequest", {"CallbackUrl": ""}),
        ("CreateServiceRequest", {"CallbackUrl": "https://www.example.com/" + "a" * 4000}),
        ("CreateServiceRequest", {"GeoMatchLevel": "extended-area-code"}),
        ("CreateServiceRequest", {"Unknown": "parameter"}),
        ("UpdateServiceRequest", {"ChatInstanceSid": "IS1"}),
        ("Error", {"status": "400"}),
        ("Error", {"message": None}),
        ("Error", {"code": "20001"}),
        ("PageMeta", {"key": "items"}),
    ],
)
def test_a_schema_refuses_what_breaks_it(schema: str, change: dict[str, Any]) -> None:
    good = sample(schema)

    assert errors(f"#/components/schemas/{schema}", good) == []
    assert errors(f"#/components/schemas/{schema}", {**good, **change}) != []


@pytest.mark.parametrize(
    ("schema", "change"),
    [
        ("Service", {"callback_url": None, "chat_instance_sid": None}),
        ("Service", {"callback_url": "", "chat_instance_sid": ""}),
        ("Service", {"geo_match_level": "extended-area-code"}),
        ("Service", {"date_created": "2015-07-30T20:00:00.123+00:00"}),
        ("Service", {"more": "fields"}),
        ("Service", {"unique_name": "\U0001f600" * 191}),
        ("CreateServiceRequest", {"UniqueName": "\U0001f600" * 191}),
        ("CreateServiceRequest", {"DefaultTtl": 2147483646}),
        ("UpdateServiceRequest", {"CallbackUrl": "", "ChatInstanceSid": ""}),
        ("Error", {"details": {}}),
        ("PageMeta", {"next_page_url": None}),
    ],
)
def test_a_schema_permits_every_reading(schema: str, change: dict[str, Any]) -> None:
    assert errors(f"#/components/schemas/{schema}", {**sample(schema), **change}) == []


def test_optional_fields_of_a_service_may_be_absent() -> None:
    schema = pointed("#/components/schemas/Service")
    least = {key: value for key, value in sample("Service").items() if key in schema["required"]}

    assert set(schema["required"]) == {
        *("sid", "account_sid", "unique_name", "date_created", "date_updated", "url", "links")
    }
    assert errors("#/components/schemas/Service", least) == []


def sample(schema: str) -> dict[str, Any]:
    """Give a value that keeps the named schema."""
    shared = DOCUMENT["components"]["examples"]
    found: dict[str, Any] = {
        "Service": shared["Service"]["value"],
        "CreateServiceRequest": {"UniqueName": "production"},
        "UpdateServiceRequest": {},
        "Error": shared["MissingName"]["value"],
        "PageMeta": shared["EmptyPage"]["value"]["meta"],
    }[schema]
    return found


def test_errors_in_examples_agree_with_the_status_they_illustrate() -> None:
    for where, part in walked(DOCUMENT["components"]["responses"]):
        for name, example in part.get("examples", {}).items():
            body = resolved(example)["value"]
            if "code" in body:
                assert body["more_info"].endswith(str(body["code"])), (where, name)
    for name in OPERATIONS:
        for status, response in operation(name)["responses"].items():
            for example in _error_examples(resolved(response)):
                assert re.fullmatch(str(status).replace("X", r"\d"), str(example["status"]))


def _error_examples(response: dict[str, Any]) -> list[dict[str, Any]]:
    content = response.get("content", {}).get("application/json", {})
    values = [resolved(example)["value"] for example in content.get("examples", {}).values()]
    return [value for value in values if "status" in value]


def test_links_lead_to_operations_with_values_that_the_answer_has() -> None:
    found: dict[str, set[str]] = {}
    for name, (_, _, success) in OPERATIONS.items():
        response = operation(name)["responses"][success]
        for link in map(resolved, response.get("links", {}).values()):
            target = operation(link["operationId"])
            expression = link["parameters"]["Sid"]
            assert [resolved(p)["name"] for p in target["parameters"]] == list(link["parameters"])
            assert expression.startswith("$response.body#/")
            assert _extracted(name, success, expression).startswith("KS")
            found.setdefault(name, set()).add(link["operationId"])

    assert found == {
        "CreateService": {"FetchService", "UpdateService", "DeleteService"},
        "ListService": {"FetchService"},
        "UpdateService": {"FetchService"},
    }


def _extracted(name: str, success: str, expression: str) -> str:
    """Apply a link's expression to the fullest example of the answer."""
    content = operation(name)["responses"][success]["content"]["application/json"]
    values = [resolved(example)["value"] for example in content["examples"].values()]
    found: Any = max(values, key=lambda value: len(str(value)))
    for key in expression.partition("#/")[2].split("/"):
        found = found[int(key)] if isinstance(found, list) else found[key]
    return str(found)


def test_every_statement_of_the_reference_is_cited_and_no_other() -> None:
    cited = {number for _, part in walked(DOCUMENT) for number in part.get("x-statements", ())}

    assert cited == {f"M{number:02}" for number in range(1, 58)}


def test_every_basis_is_known_and_names_its_source() -> None:
    bases = [(where, part["x-basis"]) for where, part in walked(DOCUMENT) if "x-basis" in part]

    assert len(bases) > 30
    assert [where for where, basis in bases if set(basis) != {"basis", "source"}] == []
    assert {basis["basis"] for _, basis in bases} <= BASES


def test_what_no_statement_says_has_a_basis() -> None:
    silent = [
        name
        for name, response in DOCUMENT["components"]["responses"].items()
        if not {"x-statements", "x-basis"} & set(response)
    ]

    assert silent == []


def test_every_requirement_is_cited_and_no_other() -> None:
    cited = {row for _, part in walked(DOCUMENT) for row in part.get("x-requirements", ())}

    assert cited == {row["id"] for row in CATALOGUE}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_cites_the_requirements_that_name_it(name: str) -> None:
    word = name.removesuffix("Service").lower()
    cited = operation(name)["x-requirements"]
    missing = [r["id"] for r in CATALOGUE if word in r["operations"] and r["id"] not in cited]
    strange = [
        row["id"]
        for row in CATALOGUE
        if row["id"] in cited and row["operations"] and word not in row["operations"]
    ]

    assert (missing, strange) == ([], [])


def test_a_schema_part_cites_requirements_about_its_statements() -> None:
    known = {row["id"]: set(row["statements"]) for row in CATALOGUE}
    for schema in ("CreateServiceRequest", "UpdateServiceRequest", "Service"):
        for name, part in pointed(f"#/components/schemas/{schema}")["properties"].items():
            cited = part["x-requirements"]

            assert cited, (schema, name)
            assert any(known[row] & set(part["x-statements"]) for row in cited), (schema, name)
