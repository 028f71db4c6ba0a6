"""A server's workflows as files: `workflows.json`, and the skeleton of a fake that loads it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.cli.folders import make_folder
from mastra_sync.cli.following import connect
from mastra_sync.cli.server import Server
from mastra_sync.operations import LIST_WORKFLOWS
from mastra_sync.terminal.writing import complain, print_text
from mastra_sync.workflow_graph import read_graph

if TYPE_CHECKING:
    from mastra_sync.workflow_models import WorkflowDetails

WORKFLOWS = "workflows.json"
FAKE = "fakes.py"

_HEAD = '''"""A fake of a server's workflows, written by `mastra-sync export`: say here what each step does."""

import json
from pathlib import Path

from pytest_mastra import FakeMastra

server = FakeMastra()
server.load(json.loads(Path(__file__).with_name("workflows.json").read_text(encoding="utf-8")))
'''
_EXAMPLES: Mapping[str, Any] = {"string": "", "number": 0, "integer": 0, "boolean": False, "array": [], "object": {}}


def export_workflows(server: Server, folder: Path, *, force: bool) -> Exit:
    """Write what a server says of its workflows, and a fake of them.

    Raises:
        Stop: A file is there already, or cannot be written.
    """
    paths = [folder / WORKFLOWS, folder / FAKE]
    for path in paths:
        if path.exists() and not force:
            raise Stop(Exit.USAGE, f"{path} is there already; --force overwrites it, --to FOLDER writes elsewhere")
    with connect(server) as attempt:
        found = attempt.client.list_workflows()
        if not found:
            raise Stop(Exit.USAGE, f"{attempt.client.base_url} has no workflows")
        listed = attempt.client.api.call(LIST_WORKFLOWS)
    text = json.dumps(listed, ensure_ascii=False, indent=2, sort_keys=True)
    make_folder(folder, "--to")
    try:
        for path, written in zip(paths, (f"{text}\n", fake_of(found)), strict=True):
            path.write_text(written, encoding="utf-8", errors="surrogatepass")
    except OSError as error:
        raise Stop(Exit.USAGE, f"cannot write to {folder}: {error.strerror}") from error
    for path in paths:
        print_text(str(path))
    words = "1 workflow; serve it" if len(found) == 1 else f"{len(found)} workflows; serve them"
    complain(f"{words} with: mastra-sync serve {folder / FAKE}:server")
    return Exit.SUCCESS


def fake_of(workflows: Mapping[str, WorkflowDetails]) -> str:
    """Return a module that declares a fake, with examples of what steps give.

    Args:
        workflows: By registered key.
    """
    return "\n".join([_HEAD, *_stubs(workflows)]) + "\n"


def example_of(schema: Mapping[str, Any] | None) -> Any:
    """Return the plainest value that a JSON Schema may take."""
    schema = schema or {}
    for keyword in ("default", "const"):
        if keyword in schema:
            return schema[keyword]
    choices = schema.get("enum")
    if isinstance(choices, list) and choices:
        return choices[0]
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if isinstance(alternatives, list) and alternatives and isinstance(alternatives[0], Mapping):
        return example_of(alternatives[0])
    properties = schema.get("properties")
    if isinstance(properties, Mapping):
        required = schema.get("required") or ()
        return {name: example_of(known) for name, known in properties.items() if name in required}
    kind = schema.get("type")
    return _EXAMPLES.get(kind[0] if isinstance(kind, list) and kind else str(kind))


def _stubs(workflows: Mapping[str, WorkflowDetails]) -> Iterator[str]:
    """Give a line for each step, once, under its innermost workflow."""
    written: set[tuple[str, str]] = set()
    for key, details in workflows.items():
        own = details.name or key
        told = {node.name for entry in read_graph(details.step_graph) for node in entry.nodes() if node.is_told}
        for path, step in (details.all_steps or details.steps).items():
            outer, _, name = path.rpartition(".")
            within = outer.rpartition(".")[2] or own
            if step.is_workflow or path in told or (within, name) in written:
                continue
            written.add((within, name))
            yield f"server.stub({name!r}, {example_of(step.output_schema)!r}, workflow={within!r})"
