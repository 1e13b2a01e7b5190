"""Replays the recorded requests of identity providers, `providers/*.json`, against a server.

A trace has `steps`, each one request (or `repeat` of them, which see their number as `{{i}}`) and what is expected of
its answer; what it saves of the answer is there for later steps. `"as": "B"` speaks to a second workspace.

    request   method, path, query (an object, or text that is sent as it stands), headers, and body or raw_body;
              a header that is null is not sent
    expect    status: those allowed; headers and body: by name or path, a value or an object of matchers;
              strict and strict_status: what providers like, but a workspace's policy may decide otherwise
    {{name}}  a value that was saved, in quotes alone keeps its type; {{name|upper}}, {{name|url}};
              {{run}}, {{now}} and {{uuid:anything}} are made up, so that a trace can be replayed again
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import httpx

from .expectations import MISSING, mismatch, pick

_VARIABLE = re.compile(r"\{\{([\w:]+)(?:\|(\w+))?\}\}")
_FILTERS: Mapping[str, Callable[[str], str]] = {"upper": str.upper, "url": lambda text: quote(text, safe="")}


@dataclass(frozen=True, slots=True)
class Side:
    """A workspace as its provider sees it: the SCIM base URL and a token."""

    base: str
    token: str


class Variables(dict[str, Any]):
    """What steps have saved, and values that are made up when they are first asked for."""

    def __missing__(self, name: str) -> Any:
        if name == "now":
            value = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        elif name == "run":
            value = uuid4().hex[:8]
        else:
            assert name.startswith("uuid:"), f"{name} was never saved"
            value = str(uuid4())
        self[name] = value
        return value

    def fill(self, template: Any) -> Any:
        """The template with values in place of names."""
        match template:
            case str():
                alone = _VARIABLE.fullmatch(template)
                return self._value(alone) if alone else _VARIABLE.sub(lambda name: str(self._value(name)), template)
            case list():
                return [self.fill(element) for element in template]
            case dict():
                return {self.fill(name): self.fill(value) for name, value in template.items()}
        return template

    def _value(self, name: re.Match[str]) -> Any:
        value = self[name[1]]
        return _FILTERS[name[2]](str(value)) if name[2] else value


class Replay:
    """One run of one trace; `sides` are the workspaces it speaks to, A and, for some, B."""

    def __init__(self, sides: Mapping[str, Side], *, strict: bool) -> None:
        self._sides = sides
        self._strict = strict
        self._variables = Variables()

    def run(self, trace: Path) -> None:
        """Go through all steps; an AssertionError tells of the first answer that is not as expected."""
        with httpx.Client(timeout=30) as client:
            for step in json.loads(trace.read_bytes())["steps"]:
                for number in range(1, step.get("repeat", 1) + 1):
                    self._variables["i"] = number
                    self._take(step, client)

    def _take(self, step: dict[str, Any], client: httpx.Client) -> None:
        answer = client.send(self._request(step))
        faults = self._faults(answer, step["expect"])
        assert not faults, f"{step['name']}: {'; '.join(faults)}\n{_shown(answer)}"
        for name, path in step.get("save", {}).items():
            value = pick(answer.json(), path)
            assert value is not MISSING, f"{step['name']}: no {path} to save\n{_shown(answer)}"
            self._variables[self._variables.fill(name)] = value

    def _request(self, step: dict[str, Any]) -> httpx.Request:
        request = self._variables.fill(step["request"])
        side = self._sides[step.get("as", "A")]
        query = request.get("query")
        if isinstance(query, dict):
            query = urlencode(query, quote_via=quote)
        content = json.dumps(request["body"]) if "body" in request else request.get("raw_body")
        media_type = "application/scim+json"
        headers = httpx.Headers({"Authorization": f"Bearer {side.token}", "Accept": media_type})
        if content is not None:
            headers["Content-Type"] = media_type
        for name, value in request.get("headers", {}).items():
            headers.pop(name, None)
            if value is not None:
                headers[name] = value
        url = f"{side.base}{request['path']}{'' if query is None else f'?{query}'}"
        return httpx.Request(request["method"], url, headers=headers, content=content)

    def _faults(self, answer: httpx.Response, expected: dict[str, Any]) -> list[str]:
        """What is not as expected, status first: nothing else is looked at when that is wrong."""
        allowed = (self._strict and expected.get("strict_status")) or expected["status"]
        if answer.status_code not in allowed:
            return [f"status is {answer.status_code}, wanted {allowed}"]
        wanted = dict(expected.get("body", {})) | (expected.get("strict", {}) if self._strict else {})
        document = answer.json() if answer.content else None
        found = [(name, answer.headers.get(name, MISSING), want) for name, want in expected.get("headers", {}).items()]
        if answer.status_code != 204:
            found += [(path, pick(document, path), want) for path, want in self._variables.fill(wanted).items()]
        return [f"{where} {fault}" for where, value, want in found if (fault := mismatch(value, want))]


def _shown(answer: httpx.Response) -> str:
    request = answer.request
    return f"> {request.method} {request.url}\n> {request.content.decode()}\n< {answer.status_code} {answer.text}"
