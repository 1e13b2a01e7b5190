"""What each operation of this door takes and can answer, for the OpenAPI document: a table beside the one of routes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..services.schemas import GROUP, USER, ResourceType

_PROJECTION = ("attributes", "excludedAttributes")
_PAGE = ("sortOrder", "startIndex", "count")
# What every operation can refuse with; a bug and a database that is busy are never far.
_ALWAYS = (401, 406, 414, 500, 503)
_WITH_BODY = (413, 415)
# A PATCH of a large group does not show it each time.
_SHORT = "Done. The group has too many members to show them each time."


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer of an operation that was carried out.

    shape    the component of its body; None for an answer without
    headers  the components of headers, apart from those of every answer
    leads_to where in the body the id of a resource stands, for links to what can be done with it
    """

    meaning: str
    shape: str | None = None
    headers: tuple[str, ...] = ()
    leads_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One operation. Parameters and the body are components; refusals are statuses."""

    id: str
    tag: str
    parameters: tuple[str, ...] = ()
    body: str | None = None
    answers: Mapping[int, Said] = field(default_factory=dict)
    refusals: tuple[int, ...] = ()

    @property
    def all_refusals(self) -> list[int]:
        return sorted({*self.refusals, *_ALWAYS, *(_WITH_BODY if self.body else ())})


def _collection(kind: ResourceType) -> dict[str, Contract]:
    name, tag = kind.name, _tag(kind)
    return {
        "GET": Contract(
            id=f"list{tag}",
            tag=tag,
            parameters=(f"{name}Filter", f"{name}SortBy", *_PAGE, "cursor", *_PROJECTION),
            answers={200: Said(meaning="A page.", shape=f"{name}List", leads_to="/Resources/0/id")},
            refusals=(400,),
        ),
        "POST": Contract(
            id=f"create{name}",
            tag=tag,
            parameters=_PROJECTION,
            body=f"{name}Body",
            answers={201: Said(meaning="As it was made.", shape=name, headers=("Location", "ETag"), leads_to="/id")},
            refusals=(400, 409),
        ),
    }


def _resource(kind: ResourceType) -> dict[str, Contract]:
    name, tag = kind.name, _tag(kind)
    stands = Said(meaning="As it stands.", shape=name, headers=("ETag",), leads_to="/id")
    changed = {200: Said(meaning="As it stands now.", shape=name, headers=("ETag",))}
    patched = changed | ({204: Said(meaning=_SHORT, headers=("ETag",))} if kind is GROUP else {})
    unchanged = Said(meaning="The version at hand still stands.", headers=("ETag",))
    refusals = (400, 403, 404, 409, 412)
    parameters = ("If-Match", *_PROJECTION)
    return {
        "GET": Contract(
            id=f"get{name}",
            tag=tag,
            parameters=("If-None-Match", *_PROJECTION),
            answers={200: stands, 304: unchanged},
            refusals=(400, 404),
        ),
        "PUT": Contract(
            id=f"replace{name}",
            tag=tag,
            parameters=parameters,
            body=f"{name}Body",
            answers=changed,
            refusals=refusals,
        ),
        "PATCH": Contract(
            id=f"change{name}",
            tag=tag,
            parameters=parameters,
            body=f"{name}Patch",
            answers=patched,
            refusals=refusals,
        ),
        "DELETE": Contract(
            id=f"delete{name}",
            tag=tag,
            parameters=("If-Match",),
            answers={204: Said(meaning="It is gone.")},
            refusals=(400, 403, 404, 412),
        ),
    }


def _search(tag: str, shape: str, body: str) -> dict[str, Contract]:
    answers = {200: Said(meaning="A page.", shape=shape)}
    return {"POST": Contract(id=f"search{tag}", tag=tag, body=body, answers=answers, refusals=(400,))}


def _discovery(id: str, shape: str, *refusals: int) -> dict[str, Contract]:
    answers = {200: Said(meaning="All there is.", shape=shape)}
    return {"GET": Contract(id=id, tag="Discovery", answers=answers, refusals=(403, *refusals))}


def _tag(kind: ResourceType) -> str:
    return kind.endpoint.removeprefix("/")


# As ROUTES: (path before the id, whether an id follows) -> method -> contract
CONTRACTS: Mapping[tuple[str, bool], Mapping[str, Contract]] = {
    ("Users", False): _collection(USER),
    ("Users", True): _resource(USER),
    ("Groups", False): _collection(GROUP),
    ("Groups", True): _resource(GROUP),
    ("Users/.search", False): _search("Users", "UserList", "UserSearch"),
    ("Groups/.search", False): _search("Groups", "GroupList", "GroupSearch"),
    (".search", False): _search("Everything", "EverythingList", "Search"),
    ("", False): {
        "GET": Contract(
            id="listEverything",
            tag="Everything",
            parameters=("UserFilter", "SortBy", *_PAGE, *_PROJECTION),
            answers={200: Said(meaning="A page.", shape="EverythingList")},
            refusals=(400,),
        )
    },
    ("Bulk", False): {
        "POST": Contract(
            id="bulk",
            tag="Everything",
            body="BulkRequest",
            answers={200: Said(meaning="What came of each operation that was tried.", shape="BulkResponse")},
            refusals=(400,),
        )
    },
    ("Me", False): {
        method: Contract(id=f"{method.lower()}Me", tag="Me", refusals=(404,))
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    },
    ("ServiceProviderConfig", False): _discovery("getServiceProviderConfig", "ServiceProviderConfig"),
    ("ResourceTypes", False): _discovery("listResourceTypes", "ResourceTypeList"),
    ("ResourceTypes", True): _discovery("getResourceType", "ResourceType", 404),
    ("Schemas", False): _discovery("listSchemas", "SchemaList"),
    ("Schemas", True): _discovery("getSchema", "Schema", 404),
}
