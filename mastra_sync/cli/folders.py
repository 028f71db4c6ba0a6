"""The folder that a command writes files into."""

from __future__ import annotations

from pathlib import Path

from mastra_sync.cli.exits import Exit, Stop


def make_folder(folder: Path, option: str) -> None:
    """Make the folder, where it is not there.

    Args:
        folder: The folder.
        option: What names it on the command line.

    Raises:
        Stop: It cannot be one.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        file = next(path for path in (folder, *folder.parents) if path.exists())
        raise Stop(Exit.USAGE, f"{option} takes a folder, and {file} is a file") from None
    except OSError as error:
        raise Stop(Exit.USAGE, f"{option}: cannot make the folder {folder}: {error.strerror}") from error
