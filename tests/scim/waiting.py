"""For what happens in a moment, but not at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
LOOKS_MAX = 1000


async def until(look: Callable[[], Awaitable[T | None]]) -> T:
    """What a look gives as soon as it gives something."""
    for _ in range(LOOKS_MAX):
        if found := await look():
            return found
        await asyncio.sleep(0.01)
    raise AssertionError(f"nothing came after {LOOKS_MAX} looks")
