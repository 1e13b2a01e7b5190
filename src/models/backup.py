"""A copy of a SQLite database, taken while others write to it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path


def copy(source: Path, target: Path) -> None:
    """Write the database as it is at one moment to a new file, and see to it that the file is on the disk and sound.

    refuses  FileNotFoundError without a source, FileExistsError when there is a target already
    """
    if not source.exists():
        raise FileNotFoundError(source)
    if target.exists():
        raise FileExistsError(target)
    # One read transaction of its own: unlike SQLite's backup API it never starts again because somebody wrote.
    with closing(sqlite3.connect(source.absolute().as_uri() + "?mode=rw", uri=True)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))
    with closing(sqlite3.connect(target)) as connection:
        (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
    assert verdict == "ok", verdict
    # VACUUM INTO leaves the new file to the operating system.
    for path, mode in ((target, os.O_RDWR), (target.absolute().parent, os.O_RDONLY)):
        descriptor = os.open(path, mode)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
