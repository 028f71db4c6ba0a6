"""Where pytest is installed, and libraries of the extra `pytest` are not: everything says what to install."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.suites_in_folders import PLUGIN

ROOT = Path(__file__).parents[2]
MISSING = ("responses", "vcr", "yaml")
WHAT = "responses, vcrpy and pyyaml: pip install 'mastra-sync[pytest]'"

# what finds modules is as if they were not installed; a missing module is looked for, and not found
NOT_INSTALLED = f"""
import sys

class Without:
    def __init__(self, finder):
        self._finder = finder

    def find_spec(self, name, path=None, target=None):
        missing = name.partition(".")[0] in {MISSING!r}
        return None if missing else self._finder.find_spec(name, path, target)

    def __getattr__(self, name):
        return getattr(self._finder, name)

sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
"""

SUITE = """
import pytest

def test_1_server(mastra_server): pass

def test_2_client(mastra_client): pass

def test_3_factory(mastra_server_factory): pass

@pytest.mark.mastra(allow=["strays"])
def test_4_marked(): pass

@pytest.mark.mastra_cassette
def test_5_cassette(mastra_cassette): pass

def test_6_import():
    from pytest_mastra import InProcess

def test_7_import_of_the_fake():
    from pytest_mastra.fake import InProcess

def test_8_another_import():
    import yaml

def test_9_what_is_there(mastra_config):
    import mastra_sync
    import pytest_mastra

    assert pytest_mastra.MastraConfig and mastra_sync.MastraClient
    with pytest.raises(AttributeError):
        pytest_mastra.no_such_name
"""


@pytest.fixture
def run(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """What pytest says of the suite where some libraries are missing."""
    return pytest_without_libraries(tmp_path, SUITE)


def pytest_without_libraries(folder: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_suite.py").write_text(code, encoding="utf-8")
    program = f"{NOT_INSTALLED}\nimport pytest\nsys.exit(pytest.main(sys.argv[1:]))"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MASTRA_", "PYTEST_"))}
    return subprocess.run(
        [sys.executable, "-c", program, "-p", PLUGIN, "-p", "no:cacheprovider", "-rA", *arguments],
        cwd=folder,
        env={**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_fixtures_and_imports_say_what_to_install(run: subprocess.CompletedProcess[str]) -> None:
    """Each fixture and name that needs one of them, in one line, without a traceback of ours; all else works."""
    lines = run.stdout.splitlines()
    plugin = f"the pytest plugin of mastra-sync needs {WHAT}"
    assert lines.count(plugin) == 5
    assert f"E       ModuleNotFoundError: pytest_mastra.InProcess needs {WHAT}" in lines
    assert f"E       ModuleNotFoundError: pytest_mastra.fake.InProcess needs {WHAT}" in lines
    assert "E       ModuleNotFoundError: No module named 'yaml'" in lines
    assert "PASSED test_suite.py::test_9_what_is_there" in lines
    assert lines[-1].strip("= ").startswith("3 failed, 1 passed, 5 errors in ")


@pytest.mark.parametrize("option", ["--mastra-check-cassettes", "--mastra-record=verify", "--mastra-trace=on"])
def test_options_say_what_to_install(tmp_path: Path, option: str) -> None:
    """An option of the plugin's is refused before any test."""
    refused = pytest_without_libraries(tmp_path, "def test_it(): pass", option)
    assert (refused.returncode, refused.stderr) == (
        pytest.ExitCode.USAGE_ERROR,
        f"ERROR: the pytest plugin of mastra-sync needs {WHAT}\n\n",
    )
