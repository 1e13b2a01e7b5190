"""People, across workspaces. Only the person changes an account; others may at most find that an address has one."""

from ..models import database, new_id, now
from ..models.database import Row
from .comparison import canonical_user_name


async def of_address(email: str, *, display_name: str) -> str:
    """The id of the account with this address; a shell is made when nobody has it.

    A shell cannot sign in until the person has proven the address. Inside the caller's transaction.
    """
    key = canonical_user_name(email)
    # The unique address decides between two that come at once: one makes the shell, both find it.
    if (account := await _find(key)) is None:
        await database.execute(
            "INSERT INTO accounts (id, display_name, email, email_key, created_at, updated_at) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (email_key) DO NOTHING",
            new_id(),
            display_name,
            email,
            key,
            now(),
            now(),
        )
        account = await _find(key)
    assert account is not None
    id: str = account["id"]
    return id


async def find(email: str) -> Row | None:
    return await _find(canonical_user_name(email))


async def mark_proven(account_id: str) -> None:
    """The person has shown that the address is theirs. Inside the caller's transaction."""
    await database.execute("UPDATE accounts SET proven_at = COALESCE(proven_at, ?) WHERE id = ?", now(), account_id)


async def _find(key: str) -> Row | None:
    return await database.fetch_one("SELECT * FROM accounts WHERE email_key = ?", key)
