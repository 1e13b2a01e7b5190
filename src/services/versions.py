"""Versions: the text both doors show for one state of a record (RFC 7644 §3.14), and the check before a change."""

from ..errors import VersionMismatch
from ..models.database import Row

# One version, or any of several a client holds to be current; None when it does not mind.
IfVersion = str | frozenset[str] | None


def of(row: Row) -> str:
    """Weak, because the same version is shown whole and in parts."""
    return f'W/"{row["version"]}"'


def check(row: Row, if_version: IfVersion) -> None:
    """Refuse when the record is not at the version the caller saw.

    Call it under the row's lock, so that of two callers who saw the same version one changes it and one is refused.
    """
    accepted = frozenset({if_version}) if isinstance(if_version, str) else if_version
    if accepted is not None and of(row) not in accepted:
        raise VersionMismatch(current=of(row))
