"""`pytest --mastra-check-cassettes`: what it finds, what it says, how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

# loaded here, or a run of pytest in this process would load it, and with it YAML, for itself
import pytest_mastra.cassettes.file.yaml_reader  # noqa: F401
from pytest_mastra.cassettes.file.format import render
from pytest_mastra.cassettes.file.lint import findings_in
from pytest_mastra.cassettes.file.read_write import write_cassette
from pytest_mastra.redact.scrubber import Scrubber
from tests.cassettes.exchange_factory import JSON, exchange, record

TEST_FILE = """
import pytest

def test_one(): raise AssertionError("never run")

@pytest.mark.parametrize("city", ["New York", "a/b"])
def test_two(city): raise AssertionError("never run")

class TestClass:
    def test_three(self): raise AssertionError("never run")

@pytest.mark.mastra_cassette(path="shared.yaml")
def test_four(): raise AssertionError("never run")
"""

USED = (
    "test_it/test_one.yaml",
    "test_it/test_two[New-York]-91382dae.yaml",
    "test_it/test_two[a-b]-9f26fd9c.yaml",
    "test_it/TestClass.test_three.yaml",
    "shared.yaml",
)


@pytest.fixture(autouse=True)
def on_nobodys_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other plugin, and no setting from outside."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name in ("CI", "MASTRA_BASE_URL", "MASTRA_API_TOKEN", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A suite with a cassette for each of its tests."""
    pytester.makepyfile(test_it=TEST_FILE)
    for name in USED:
        write_cassette(pytester.path / "cassettes" / name, [exchange("/a", {"a": 1})])
    return pytester


def check(suite: pytest.Pytester, *options: str) -> pytest.RunResult:
    usual = ("-p", "pytest_mastra.plugin", "-p", "no:cacheprovider", "--mastra-check-cassettes")
    run = suite.runpytest_subprocess if "xdist" in options else suite.runpytest_inprocess
    return run(*usual, *options)


def leak(suite: pytest.Pytester, name: str, text: str = "ghp_" + "a" * 36) -> None:
    path = suite.path / "cassettes" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render([exchange("/a", {"leaked": text})]))


def test_a_clean_folder(suite: pytest.Pytester) -> None:
    """Everything is fine, no test was run, and the status says so."""
    result = check(suite)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*= cassettes =*", "5 in cassettes: no findings", "*= no tests ran in *"])
    assert "without a test" not in result.stdout.str()


def test_findings_fail(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with file, place and what to call it; never with the secret."""
    monkeypatch.setenv("MASTRA_API_TOKEN", "t0p-secret")
    leak(suite, "test_it/test_one.yaml")
    leak(suite, "shared.yaml", "it is t0p-secret")
    (suite.path / "cassettes" / "test_it" / "TestClass.test_three.yaml").write_text("version: 1\ninteractions: [\n")
    result = check(suite)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "5 in cassettes: 3 with findings",
            "  cassettes/shared.yaml: interaction 1, reply to GET: the value of environment variable MASTRA_API_TOKEN",
            "  cassettes/test_it/TestClass.test_three.yaml:3: this is no YAML: *",
            "  cassettes/test_it/test_one.yaml:16: interaction 1, reply to GET: what looks like a token of GitHub's",
        ]
    )
    assert "t0p-secret" not in result.stdout.str()
    assert "ghp_" not in result.stdout.str()


def test_orphans_are_listed(suite: pytest.Pytester) -> None:
    """They are no fault: another suite may read them."""
    leak(suite, "test_gone/test_x.yaml", "nothing")
    result = check(suite)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["6 in cassettes: no findings", "1 without a test of this suite:", "  cassettes/test_gone/test_x.yaml"]
    )


def test_a_folder_for_each_server_has_the_same_tests(suite: pytest.Pytester) -> None:
    """Recordings of one suite from several servers lie side by side, below the folder that the suite names."""
    leak(suite, "staging/1.2/test_it/test_one.yaml", "nothing")
    leak(suite, "staging/1.2/test_it/test_gone.yaml", "nothing")
    result = check(suite)
    result.stdout.fnmatch_lines(["1 without a test of this suite:", "  cassettes/staging/1.2/test_it/test_gone.yaml"])


@pytest.mark.parametrize(
    "options", [("-k", "test_one"), ("-m", "mastra_cassette"), ("--deselect", "test_it.py::test_one")]
)
def test_tests_that_are_deselected_are_there(suite: pytest.Pytester, options: tuple[str, str]) -> None:
    """Cassettes of tests that would not run now are no orphans."""
    result = check(suite, *options)
    assert result.ret == 0
    assert "without a test" not in result.stdout.str()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("test_it.py",), "the command line names some tests"),
        (("test_it.py::test_one",), "the command line names some tests"),
        (("--ignore", "test_it.py"), "--ignore leaves some tests out"),
    ],
)
def test_no_orphans_on_partial_runs(suite: pytest.Pytester, options: tuple[str, ...], why: str) -> None:
    """Where not all tests are known, none is said to be missing."""
    result = check(suite, *options)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["5 in cassettes: no findings", f"cassettes without a test were not looked for: {why}"])


def test_no_orphans_if_a_module_cannot_be_imported(suite: pytest.Pytester) -> None:
    """The error is pytest's, and its status; the files are checked all the same."""
    suite.makepyfile(test_broken="import nothing_of_this_name")
    leak(suite, "shared.yaml")
    result = check(suite)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["5 in cassettes: 1 with findings", "cassettes without a test were not looked for: 1 errors while *"]
    )


def test_a_module_that_is_skipped_keeps_its_cassettes(suite: pytest.Pytester) -> None:
    """Nobody knows its tests; what lies where theirs would is none without a test."""
    suite.makepyfile(test_skipped="import pytest; pytest.skip('not here', allow_module_level=True)")
    leak(suite, "test_skipped/test_x.yaml", "nothing")
    result = check(suite)
    assert result.ret == 0
    assert "without a test" not in result.stdout.str()


def test_a_folder_can_be_named(suite: pytest.Pytester) -> None:
    """One below the cassettes', to look at a part of them."""
    leak(suite, "shared.yaml")
    result = check(suite, "cassettes/test_it")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["4 in cassettes: no findings"])


def test_another_folder_in_the_ini_file(suite: pytest.Pytester) -> None:
    """And further names, and further variables."""
    suite.makeini("[pytest]\nmastra_cassette_dir = tapes\nmastra_secret_names = tenant_code\n")
    path = suite.path / "tapes" / "a.yaml"
    path.parent.mkdir()
    path.write_text(render([exchange("/a", {"tenantCode": "abc"})]))
    result = check(suite)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["  tapes/a.yaml: interaction 1, reply to GET: a secret stands under 'tenantCode'"])


def test_no_folder_is_no_fault(pytester: pytest.Pytester) -> None:
    """A suite without cassettes has none to check."""
    pytester.makepyfile("def test_it(): pass")
    result = check(pytester)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["0 in cassettes: no findings"])


def test_beside_xdist(suite: pytest.Pytester) -> None:
    """No worker is started, for there is nothing to run."""
    result = check(suite, "-p", "xdist", "-n", "2")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["5 in cassettes: no findings"])


def test_quiet(suite: pytest.Pytester) -> None:
    """The findings are said even so."""
    leak(suite, "shared.yaml")
    result = check(suite, "-q")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["5 in cassettes: 1 with findings"])


SHAPES = {
    "a JSON Web Token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4",
    "a key of OpenAI's or Anthropic's": "sk-proj-abcdefghijklmnop1234",
    "a key of Stripe's": "sk_live_" + "a1" * 12,
    "a token of GitHub's": "ghs_" + "a" * 36,
    "a token of GitLab's": "glpat-" + "a" * 20,
    "a key of AWS's": "AKIA" + "A1" * 8,
    "a key of Google's": "AIza" + "a" * 35,
    "a token of Slack's": "xoxb-1234567890-abc",
    "a token of npm's": "npm_" + "a" * 36,
    "a token of Hugging Face's": "hf_" + "a" * 34,
    "a private key": "-----BEGIN RSA PRIVATE KEY-----",
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("place", ["body", "answer", "record", "header", "address", "binary"])
def test_what_looks_like_a_secret_is_found(tmp_path: Path, shape: str, place: str) -> None:
    """Though nobody knows it, wherever it stands."""
    secret = SHAPES[shape]
    made = {
        "body": lambda: exchange("/a", {}, method="POST", sent={"a": f"x {secret}"}),
        "answer": lambda: exchange("/a", {secret: True}),
        "record": lambda: exchange("/a", chunks=[record({}), record({"a": secret})]),
        "header": lambda: exchange("/a", {}, headers=(JSON, ("x-other", secret))),
        "address": lambda: exchange(f"/a/{secret}", {}),
        "binary": lambda: exchange("/a", b"\xff " + secret.encode()),
    }[place]()
    path = tmp_path / "a.yaml"
    path.write_text(render([made]))
    (finding,) = findings_in(path, Scrubber())
    assert finding.what.endswith(f": what looks like {shape}")
    assert (finding.line is None) == (place == "binary")


def test_what_stands_under_a_name_is_found(tmp_path: Path) -> None:
    """Also in a cassette of vcrpy's, which nobody scrubbed."""
    path = tmp_path / "a.yaml"
    path.write_text(
        "interactions:\n"
        "- request: {method: GET, uri: 'http://me:pass@x/a?api_key=abc', body: '{\"secret\": \"abc\"}',\n"
        "    headers: {Authorization: [Bearer abc]}}\n"
        '  response: {status: {code: 200, message: OK}, body: {string: \'{"token":"***","tokens":5}\'},\n'
        "    headers: {Set-Cookie: [a=abc]}}\n"
        "version: 1\n"
    )
    assert [finding.what for finding in findings_in(path, Scrubber())] == [
        "interaction 1, its headers: a secret stands under 'Authorization'",
        "interaction 1, its headers: a secret stands under 'Set-Cookie'",
        "interaction 1, its address: a secret stands under 'api_key'",
        "interaction 1, body of GET: a secret stands under 'secret'",
    ]


def test_known_values_in_comments_are_found(tmp_path: Path) -> None:
    """A secret is one wherever it stands in the file."""
    path = tmp_path / "a.yaml"
    path.write_text(render([exchange("/a", {})]) + "# t0p-secret\n")
    assert [finding.what for finding in findings_in(path, Scrubber(values=["t0p-secret"]))][-1] == (
        "the value of given value 1"
    )
