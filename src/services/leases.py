"""Which process does a job that only one may do: whoever holds its lease."""

from ..models import database, now


@database.writes
async def take(name: str, *, seconds: float) -> bool:
    """Hold the lease for that long; False while somebody else does. It is not given back, it runs out."""
    moment = now()
    taken = await database.execute(
        "INSERT INTO job_leases (name, until) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET until = excluded.until"
        " WHERE job_leases.until <= ?",
        name,
        moment + int(seconds * 1_000_000),
        moment,
    )
    return taken > 0
