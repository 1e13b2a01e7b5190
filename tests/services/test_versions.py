"""The version both doors show, and the check before a change."""

from typing import Any

import pytest

from tenantry.errors import VersionMismatch
from tenantry.services import versions

ROW: Any = {"version": 7}


def test_a_version_is_a_weak_entity_tag() -> None:
    assert versions.of(ROW) == 'W/"7"'


@pytest.mark.parametrize("accepted", [None, 'W/"7"', frozenset({'W/"6"', 'W/"7"'})])
def test_the_current_version_passes(accepted: versions.IfVersion) -> None:
    versions.check(ROW, accepted)


@pytest.mark.parametrize("stale", ['W/"6"', "7", "", frozenset({'W/"6"'}), frozenset()])
def test_another_version_is_refused_with_the_current_one(stale: versions.IfVersion) -> None:
    with pytest.raises(VersionMismatch) as refused:
        versions.check(ROW, stale)
    assert refused.value.current == 'W/"7"'
