"""Many operations in one request, each as if it had come alone (RFC 7644 §3.7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import quote

import orjson

from ..errors import Busy, InvalidInput, TooLarge
from ..models import database
from ..strict_json import JSON
from . import bulk_operations, documents, endpoints
from .bulk_operations import Operation
from .bulk_references import references, resolved, steps
from .endpoints import RESOURCES, Route, Routes
from .errors import Unacceptable
from .exchange import Answer, Exchange, Message
from .patch import PATCH_OP

BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
BULK_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
# What an operation can be: a change of a resource.
CHANGES: Routes = {
    key: {method: route for method, route in methods.items() if method != "GET"} for key, methods in RESOURCES.items()
}


async def carry_out(exchange: Exchange) -> Answer:
    """Carry out many operations: POST /Bulk (§3.7).

    Each is a transaction of its own, in the order given, except that a resource is made before it is referred to. Those
    that refer to each other in a circle are made together or not at all.
    """
    settings = exchange.settings
    body = await exchange.body(bytes_max=settings.scim_bulk_body_bytes_max)
    request = documents.of_kind(body, BULK_REQUEST)
    errors_max = bulk_operations.errors_max(documents.entry(request, "failonerrors"))
    operations = bulk_operations.read(
        documents.entry(request, "operations"), operations_max=settings.bulk_operations_max
    )
    outcomes = await _Bulk(exchange, operations).run(errors_max)
    return Answer(body=orjson.dumps({"schemas": [BULK_RESPONSE], "Operations": outcomes}))


@dataclass(frozen=True, slots=True)
class _Call:
    """An operation on its way through an endpoint, as an exchange of its own."""

    exchange: Exchange
    route: Route
    ids: list[str]

    async def carry_out(self) -> Answer:
        return await self.route.endpoint(self.exchange, *self.ids)

    async def answer(self) -> Answer:
        return await endpoints.answer(self.exchange, self.route, self.ids)

    async def refuse(self, error: Exception) -> Answer:
        return await endpoints.refuse(self.exchange, self.route, self.ids, error)

    @property
    def location(self) -> str | None:
        """The address of the resource in the path; None where that names none yet."""
        is_known = self.ids and not any(True for _ in references(self.ids))
        return f"{self.exchange.base}/{quote(self.exchange.message.path)}" if is_known else None


class _Bulk:
    """The operations of one request, and what has come of them so far."""

    def __init__(self, exchange: Exchange, operations: Sequence[Operation]) -> None:
        self._exchange = exchange
        self._operations = operations
        self._ids: dict[str, str] = {}
        self._outcomes: dict[int, dict[str, Any]] = {}
        self._errors = 0
        self._is_busy = False

    async def run(self, errors_max: int | None) -> list[dict[str, Any]]:
        """What came of each, in the order they were sent; of those that were not tried there is nothing.

        No more are tried after `errors_max` errors, nor once the database cannot be reached.
        """
        made_by = {each.bulk_id: place for place, each in enumerate(self._operations) if each.method == "POST"}
        needs = [[made_by[ref] for ref in each.references if ref in made_by] for each in self._operations]
        for step in steps(needs):
            if len(step) > 1 or step[0] in needs[step[0]]:
                await self._make_circle(step)
            else:
                await self._carry_out(step[0])
            if self._is_busy or (errors_max and self._errors >= errors_max):
                break
        return [outcome for _, outcome in sorted(self._outcomes.items())]

    async def _carry_out(self, place: int) -> None:
        operation = self._operations[place]
        call, refusal = self._call(operation, self._ids), self._refusal(operation)
        self._note(place, call, await (call.refuse(refusal) if refusal else call.answer()))

    async def _make_circle(self, step: list[int]) -> None:
        """Make resources that refer to each other, at first without that, then fill it in (§3.7.1)."""
        calls = {place: self._call(self._operations[place], self._ids) for place in step}
        under_way = step[0]

        @database.writes
        async def make() -> dict[int, Answer]:
            nonlocal under_way
            ids, made = dict(self._ids), dict[int, Answer]()
            for under_way in step:
                operation = self._operations[under_way]
                if refusal := self._refusal(operation, within=step):
                    raise refusal
                without, _ = _parted(operation.data)
                made[under_way] = await self._call(replace(operation, data=without), ids).carry_out()
                ids[str(operation.bulk_id)] = _id_of(made[under_way])
            for under_way in step:
                fill = _filling(self._operations[under_way], _id_of(made[under_way]))
                filled = await self._call(fill, ids).carry_out()
                made[under_way] = replace(made[under_way], headers=made[under_way].headers | filled.headers)
            return made

        try:
            made = await make()
        except Exception as error:
            others = Unacceptable(409, "This and other operations refer to each other, and one of them was refused")
            for place, call in calls.items():
                told = error if place == under_way or isinstance(error, Busy) else others
                self._note(place, call, await call.refuse(told))
        else:
            for place, call in calls.items():
                self._note(place, call, made[place])

    def _refusal(self, operation: Operation, *, within: Sequence[int] = ()) -> InvalidInput | Unacceptable | None:
        """Why an operation cannot even be tried. `within`: what will be made together with it."""
        if operation.method == "POST" and operation.bulk_id is None:
            return InvalidInput("A POST in a bulk request needs a bulkId", reason="invalidSyntax")
        known = self._ids.keys() | {self._operations[place].bulk_id for place in within}
        missing = next((ref for ref in operation.references if ref not in known), None)
        if missing is None:
            return None
        return Unacceptable(409, f"No operation made a resource for bulkId:{missing[:100]}")

    def _call(self, operation: Operation, ids: dict[str, str]) -> _Call:
        path = operation.path
        kind, _, id = path.partition("/")
        if (reference := next(references(id), None)) in ids:
            path = f"{kind}/{ids[reference]}"
        message = Message(
            method=operation.method,
            path=path,
            parameters={"attributes": "id"},  # nothing more of a resource is told
            conditions={"if-match": operation.version} if operation.version is not None else {},
            json=partial(_json, operation.data, ids),
        )
        route, path_ids = endpoints.find(CHANGES, operation.method, path)
        return _Call(self._exchange.part(message), route, path_ids)

    def _note(self, place: int, call: _Call, answer: Answer) -> None:
        operation, failed = self._operations[place], answer.status >= 400
        if operation.method == "POST" and operation.bulk_id and not failed:
            self._ids[operation.bulk_id] = _id_of(answer)
        self._errors += failed
        self._is_busy |= answer.status == 503
        told = {
            "bulkId": operation.bulk_id,
            "location": answer.headers.get("Location", call.location),
            "version": answer.headers.get("ETag"),
            "response": orjson.Fragment(answer.body) if failed and isinstance(answer.body, bytes) else None,
        }
        given = {name: value for name, value in told.items() if value is not None}
        self._outcomes[place] = {"method": operation.method, "status": str(answer.status), **given}


async def _json(data: JSON, ids: Mapping[str, str], bytes_max: int) -> JSON:
    """The data of an operation, with an id for every reference. It is no larger than it could be alone."""
    data = resolved(data, ids)
    if len(orjson.dumps(data)) > bytes_max:
        raise TooLarge(f"The data of an operation is larger than {bytes_max} bytes", limit=bytes_max)
    return data


def _filling(operation: Operation, id: str) -> Operation:
    """What adds the attributes with references to the resource that was made without them."""
    _, more = _parted(operation.data)
    patch = {"schemas": [PATCH_OP], "Operations": [{"op": "add", "value": more}]}
    return Operation(method="PATCH", path=f"{operation.path}/{id}", data=patch)


def _parted(data: JSON) -> tuple[JSON, JSON]:
    """The attributes without any reference, and those with one. What is no object is refused as it is."""
    if not isinstance(data, dict):
        return data, {}
    refers = {name: next(references(value), None) is not None for name, value in data.items()}
    without, more = ({name: data[name] for name in data if refers[name] is chosen} for chosen in (False, True))
    return without, more


def _id_of(made: Answer) -> str:
    return made.headers["Location"].rpartition("/")[2]
