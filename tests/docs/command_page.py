"""The page of the command, out of what `mastra-sync --help` prints; `python -m tests.docs.command_page` writes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from mastra_sync.cli.commands import mastra_sync as group

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "command.md"

INTRODUCTION = """# The command

`mastra-sync` comes with the extra `cli`: `pip install 'mastra-sync[cli]'`; what is about tests and fakes needs the
extra `pytest` too. When something goes wrong it says what to do next, in words for a shell.
This page is what `--help` prints.

**Profiles** name servers in `pyproject.toml`, for `--profile NAME` in its folder and below. What is given on the
command line wins over the profile, the profile over the environment. No secret stands there: `token-env` and
`headers-env` name the environment variables that have them.

```toml
[tool.mastra-sync.profiles.staging]
url = "https://mastra.staging.example.com"
api-prefix = "/api"
ca-file = "certs/company-ca.pem"
token-env = "STAGING_TOKEN"
headers-env = { X-Tenant = "STAGING_TENANT" }
```
"""


def written() -> str:
    """Return the page."""
    top = click.Context(group, info_name="mastra-sync", terminal_width=80, **group.context_settings)
    return INTRODUCTION + "".join(_parts(top))


def _parts(top: click.Context) -> Iterator[str]:
    yield _part(top)
    commands = top.command
    assert isinstance(commands, click.Group)
    for name in commands.list_commands(top):
        command = commands.get_command(top, name)
        assert command is not None
        own = click.Context(command, top, name, terminal_width=80, **command.context_settings)
        yield from _parts(own) if isinstance(command, click.Group) else [_part(own)]


def _part(context: click.Context) -> str:
    path = context.command_path
    return f"\n## {path}\n\n```console\n$ {path} --help\n{context.get_help()}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
