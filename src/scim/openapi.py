"""The OpenAPI document of this door, made from its routes and the attribute tables.

Every status, header and shape of an answer is told, so that a fuzzer can hold the service to it. What a request may be
is told as wide as it is taken, with one exception: of filters and of paths in a PATCH the patterns show the plain ones.
"""

import inspect
from importlib.metadata import version
from typing import Any

import yaml

from ..settings import KIB, Settings
from . import openapi_answers, openapi_parameters, openapi_requests
from .endpoints import Route
from .exchange import JSON_TYPES, MEDIA_TYPE
from .openapi_answers import Shape, ref
from .openapi_contracts import CONTRACTS, Contract, Said
from .openapi_examples import EXAMPLES
from .routes import ROUTES
from .values import VALUES_MAX


def document(settings: Settings) -> Shape:
    """The document, for a service reached at `settings.base_url`."""
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Tenantry SCIM",
            "version": version("tenantry"),
            "summary": "SCIM 2.0 (RFC 7643, RFC 7644, RFC 9865) for identity providers",
            "description": _about(settings),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": f"{settings.base_url}/scim/v2"}],
        "security": [{"token": []}],
        "paths": {_path(*key): _path_item(key) for key in ROUTES},
        "components": {
            "securitySchemes": {"token": _TOKEN},
            "parameters": openapi_parameters.components(settings),
            "headers": _HEADERS,
            "responses": {_REFUSALS[status][0]: _refusal(status) for status in _REFUSALS},
            "schemas": openapi_answers.components() | openapi_requests.components(),
        },
    }


def yaml_text(settings: Settings) -> str:
    """The document as YAML, as it is committed."""
    return yaml.dump(document(settings), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


class _Dumper(yaml.SafeDumper):
    """Writes what stands in several places out each time, and text of several lines as such."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_text(self, text: str) -> yaml.Node:
        return self.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _Dumper.represent_text)


def _path(kind: str, has_id: bool) -> str:
    return f"/{kind}/{{id}}" if has_id else f"/{kind}"


def _path_item(key: tuple[str, bool]) -> Shape:
    kind, has_id = key
    operations = {method.lower(): _operation(route, CONTRACTS[key][method]) for method, route in ROUTES[key].items()}
    return ({"parameters": [openapi_parameters.identifier(kind)]} if has_id else {}) | operations


def _operation(route: Route, contract: Contract) -> Shape:
    summary, description = _told(route)
    operation: Shape = {"operationId": contract.id, "summary": summary, "tags": [contract.tag]}
    if description:
        operation["description"] = description
    if not route.needs_token:
        operation["security"] = [{}, {"token": []}]
    if contract.parameters:
        operation["parameters"] = [ref(name, "parameters") for name in contract.parameters]
    if contract.body:
        content = {"schema": ref(contract.body), "examples": EXAMPLES[contract.body]}
        operation["requestBody"] = {"required": True, "content": dict.fromkeys(JSON_TYPES, content)}
    answers = {str(status): _answer(said) for status, said in contract.answers.items()}
    refusals = {str(status): ref(_REFUSALS[status][0], "responses") for status in contract.all_refusals}
    return operation | {"responses": answers | refusals}


def _told(route: Route) -> tuple[str, str]:
    """Summary and description: what an endpoint's docstring says before method and path, and after the first line."""
    first, _, rest = (inspect.getdoc(route.endpoint) or "").partition("\n\n")
    return first.partition(": ")[0], " ".join(rest.split())


def _answer(said: Said) -> Shape:
    headers = {name: ref(name, "headers") for name in (*said.headers, *_HEADERS_OF_ALL)}
    answer: Shape = {"description": said.meaning, "headers": headers}
    if said.shape:
        answer["content"] = {MEDIA_TYPE: {"schema": ref(said.shape)}}
    if said.shape and said.leads_to:
        answer["links"] = _links(said.shape.removesuffix("List"), said)
    return answer


def _links(name: str, said: Said) -> Shape:
    """What can be done with the resource, or the first one of a list; where its version is known, at that alone."""
    links: Shape = {}
    for verb in ("get", "replace", "change", "delete"):
        parameters = {"id": f"$response.body#{said.leads_to}"}
        if "ETag" in said.headers and verb != "get":
            parameters["If-Match"] = "$response.header.ETag"
        links[verb] = {"operationId": f"{verb}{name}", "parameters": parameters}
    return links


def _refusal(status: int) -> Shape:
    _, meaning, *headers = _REFUSALS[status]
    answer = _answer(Said(meaning=meaning, headers=tuple(headers)))
    return answer | {"content": {MEDIA_TYPE: {"schema": openapi_answers.error(status)}}}


def _header(description: str, **schema: Any) -> Shape:
    return {"description": description, "required": True, "schema": {"type": "string", **schema}}


# status -> name of the component, what it means, headers of its own
_REFUSALS: dict[int, tuple[str, ...]] = {
    400: ("Invalid", "Something does not make sense; `scimType` mostly says what."),
    401: ("Unauthorized", "No token, or not one that works.", "WWW-Authenticate"),
    403: ("Forbidden", "Not allowed: the last owner, a group that waits for an owner, a filter on discovery."),
    404: ("NotFound", "No such thing in this workspace."),
    406: ("NotAcceptable", f"Accept allows neither {' nor '.join(JSON_TYPES)}."),
    409: ("Taken", "Someone or something else here has that name."),
    412: ("Changed", "It is at none of the versions of If-Match."),
    413: ("TooLarge", "The body, or the number of members or operations in it, is over a limit."),
    414: ("UrlTooLong", "Path and query are over a limit."),
    415: ("UnsupportedMediaType", f"The body is neither {' nor '.join(JSON_TYPES)}, or it is encoded."),
    500: ("InternalError", "A bug of ours; X-Request-Id finds it in the log."),
    503: ("Busy", "Not now; nothing was changed.", "Retry-After"),
}
_HEADERS: Shape = {
    "ETag": _header("The version of the resource, as `meta.version`.", pattern='^W/"[0-9]+"$'),
    "Location": _header("The URI of the resource, as `meta.location`.", format="uri"),
    "WWW-Authenticate": _header("How to show a token.", pattern="^Bearer "),
    "Retry-After": _header("Seconds after which the same request may succeed.", pattern="^[0-9]+$"),
    "X-Request-Id": _header(
        "The one the request came with, if it was a sane one, or else a new one.", pattern="^[A-Za-z0-9._-]{1,64}$"
    ),
    "Cache-Control": _header("No answer is to be kept.", const="no-store"),
}
_HEADERS_OF_ALL = ("X-Request-Id", "Cache-Control")
_TOKEN: Shape = {
    "type": "http",
    "scheme": "bearer",
    "description": "A SCIM token of a workspace (`tnt_scim_…`). It says which workspace is meant.",
}


def _about(settings: Settings) -> str:
    long, long_group, long_bulk = (
        f"{bytes_max // KIB} KiB"
        for bytes_max in (
            settings.scim_body_bytes_max,
            settings.scim_group_body_bytes_max,
            settings.scim_bulk_body_bytes_max,
        )
    )
    return f"""\
Provisions people and groups into one workspace: the one whose token is shown.

- Bodies are {" or ".join(JSON_TYPES)} in UTF-8, up to {settings.json_depth_max} levels deep and {long} long
  ({long_group} for groups, {long_bulk} for bulk requests). A name twice in one object, U+0000, half of a surrogate
  pair, NaN and integers beyond 64 bits are refused.
- Names of attributes have no letter case. Attributes nobody knows are passed over, and so are read-only ones.
- One request names up to {settings.group_members_max} members. A PATCH has up to {settings.patch_operations_max}
  operations, a bulk request up to {settings.bulk_operations_max}. An attribute has up to {VALUES_MAX} values.
- HEAD is answered like GET, any other method that is not listed 405 with `Allow`, an unknown path 404.
- Every refusal is an Error. Every request, with its X-Request-Id and what came of it, is in the workspace's
  provisioning log.
- What a change does to names, access and groups depends on the workspace's provisioning policy.
"""
