"""Finding the server that a command line names: `package.module:server` or `path/to/file.py:server`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType

from mastra_sync.cli.exits import Exit, Stop
from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.fake.server import FakeMastra
from pytest_mastra.fake.virtual_time.clock import real_time_by_default
from pytest_mastra.fake.workflows.errors import own_traceback

SUFFIX = ".py"


def find_server(where: str, *, real_time: bool = True) -> FakeMastra:
    """Return the server that a module declares.

    Args:
        where: `MODULE:SERVER`.
        real_time: Whether one that was made without a clock has real time.

    Raises:
        Stop: There is none, or the module cannot be imported.
    """
    module_name, colon, name = where.rpartition(":")
    if not colon or not module_name or not name.isidentifier():
        raise Stop(Exit.USAGE, f"{where!r} names no server: give MODULE:SERVER, as in tests/fakes.py:server")
    with real_time_by_default() if real_time else nullcontext():
        module = _import_module(module_name)
        found = getattr(module, name, None)
    if isinstance(found, FakeMastra):
        return found
    if hasattr(module, name):
        problem = f"{name!r} in {module_name} is {_type_with_article(found)}, not a FakeMastra"
    else:
        problem = f"{module_name} has no {name!r}"
    raise Stop(Exit.USAGE, problem + _hint(module, name))


def _import_module(name: str) -> ModuleType:
    """Import a module by its name or the path of its file, as Python itself would.

    The file's directory, or the current one, is on the path.

    Raises:
        Stop: It is not there, or raises.
    """
    is_file = name.endswith(SUFFIX)
    path = Path(name).resolve()
    if is_file and not path.is_file():
        raise Stop(Exit.USAGE, f"there is no file {name!r}{_nearest(path.name, _python_files(path.parent))}")
    sys.path.insert(0, str(path.parent if is_file else Path.cwd()))
    try:
        return _import_file(path) if is_file else importlib.import_module(name)
    except ModuleNotFoundError as error:
        # one that the module itself needs is its own affair
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise Stop(Exit.USAGE, _describe_failure(name, error)) from error
        hint = did_you_mean(f"{name}{SUFFIX}", shown=str) if Path(f"{name}{SUFFIX}").is_file() else ""
        known = "" if hint else _nearest(name, [each.stem for each in Path.cwd().glob(f"*{SUFFIX}")])
        raise Stop(Exit.USAGE, f"there is no module {name!r}{hint or known}") from error
    except Exception as error:
        raise Stop(Exit.USAGE, _describe_failure(name, error)) from error


def _import_file(path: Path) -> ModuleType:
    # a name of its own, for the file may be called like a module that is in use
    spec = importlib.util.spec_from_file_location(f"served_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} is not Python")
    module = importlib.util.module_from_spec(spec)
    # dataclasses and pydantic look their module up
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _describe_failure(name: str, error: Exception) -> str:
    return f"{name} cannot be imported\n{own_traceback(error)}"


def _type_with_article(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _hint(module: ModuleType, wanted: str) -> str:
    servers = [name for name, value in vars(module).items() if isinstance(value, FakeMastra)]
    if not servers:
        return "; it declares no FakeMastra: server = FakeMastra()"
    return _nearest(wanted, servers) or f"; its servers are {', '.join(servers)}"


def _nearest(wanted: str, names: list[str]) -> str:
    return did_you_mean(nearest_name(wanted, names), shown=str)


def _python_files(directory: Path) -> list[str]:
    return [path.name for path in directory.glob(f"*{SUFFIX}")] if directory.is_dir() else []
