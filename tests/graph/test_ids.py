from uuid import UUID, uuid4

import pytest

from tenantry.errors import NotFound
from tenantry.graph import ids
from tenantry.graph.ids import PREFIXES, Kind

ID = "01a20c64-034e-74f8-85e5-7053c760c9da"


@pytest.mark.parametrize("kind", Kind)
def test_an_id_names_its_kind_and_leads_back(kind: Kind) -> None:
    uuid = str(uuid4())
    global_id = ids.encode(kind, uuid)
    assert global_id == f"{PREFIXES[kind]}_{UUID(uuid).hex}"
    assert ids.parse(global_id) == (kind, uuid)
    assert ids.decode(kind, global_id) == uuid


def test_prefixes_are_different() -> None:
    assert len(set(PREFIXES.values())) == len(Kind)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ID,
        f"mem_{ID}",
        f"mem_{ID.replace('-', '').upper()}",
        f"mem_{ID.replace('-', '')}0",
        f" mem_{ID.replace('-', '')}",
        f"mem_{ID.replace('-', '')}\n",
        f"abc_{ID.replace('-', '')}",
        "mem_" + "g" * 32,
        "mem_" + "٠" * 32,
    ],
)
def test_any_other_text_names_nothing(text: str) -> None:
    assert ids.parse(text) is None
    with pytest.raises(NotFound):
        ids.expect(Kind.MEMBERSHIP, text)


def test_an_id_of_another_kind_is_not_found() -> None:
    assert ids.decode(Kind.GROUP, ids.encode(Kind.MEMBERSHIP, ID)) is None


def test_a_list_keeps_the_ids_of_its_kind() -> None:
    given = [ids.encode(Kind.GROUP, ID), ids.encode(Kind.ROLE, ID), "nonsense"]
    assert ids.among(Kind.GROUP, given) == (ID,)
    assert ids.among(Kind.GROUP, None) is None
