"""`--mastra-verify`: each fake of a suite held against the live server; asked once, nothing written."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from mastra_sync import APIConnectionError, MastraClient, MastraError, WorkflowDetails
from pytest_mastra.redact.scrubber import learn_secrets, scrubber_of
from pytest_mastra.redact.summary import Summary
from pytest_mastra.suite import settings, worker_text
from pytest_mastra.suite.declared_server import DeclaredMastra
from pytest_mastra.suite.scene import SCENE, Scene
from pytest_mastra.verify.findings import Comparison, Findings

if TYPE_CHECKING:
    from pytest_mastra.redact.scrubber import Scrubber
    from pytest_mastra.suite.settings import MastraConfig

TIMEOUT = (5.0, 30.0)
"""Seconds to connect, and between two pieces of an answer."""

NO_URL = (
    "--mastra-verify holds the suite's fakes against a live server, and needs to know where it is: "
    "--mastra-url=URL, the ini key mastra_url or MASTRA_BASE_URL"
)
_FROM_WORKER = "mastra_verify"
_TO_WORKER = "mastra_verify_live"


class Verifying:
    """Compares each test's fakes when it ends, and reports at the end of the session.

    Args:
        config: pytest's.

    Raises:
        UsageError: Nobody says where the live server is, or it cannot be reached.
    """

    def __init__(self, config: pytest.Config) -> None:
        found = settings.config_of(config)
        if found.url is None:
            raise pytest.UsageError(NO_URL)
        self.findings = Findings()
        self.problems: list[str] = []
        self._config = config
        self._where = found
        self._live: dict[str, Any] | None = None
        self._comparison: Comparison | None = None
        self._has_asked = False
        if _is_worker(config):
            self._live = worker_text.from_text(config.workerinput[_TO_WORKER])  # type: ignore[attr-defined]
        else:
            self._ask_early()

    # -- asking

    def _ask_early(self) -> None:
        """Ask before any test runs.

        A server that does not let us in may let in a test's own `mastra_config`.
        """
        try:
            self._live = _ask_server(self._where, self._where)
        except APIConnectionError as error:
            address = settings.public_address(str(self._where.url))
            raise pytest.UsageError(f"--mastra-verify cannot reach the live server at {address}: {error}") from None
        except MastraError:
            pass

    def _comparison_for(self, item: pytest.Item) -> Comparison | None:
        """Return what compares; None if the live server does not tell."""
        if self._live is None and not self._has_asked:
            self._has_asked = True
            try:
                self._live = _ask_server(self._where, getattr(item, "funcargs", {}).get("mastra_config", self._where))
            except MastraError as error:
                self.problems.append(f"the live server cannot be used: {error}")
        if self._comparison is None and self._live is not None:
            self._comparison = Comparison(
                {key: WorkflowDetails.model_validate(details) for key, details in self._live.items()}
            )
        return self._comparison

    # -- looking

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Look at a test's fakes once nothing more can happen on them."""
        scene = item.stash.get(SCENE, None)
        try:
            return (yield)
        finally:
            comparison = self._comparison_for(item) if scene is not None and scene.fakes else None
            if scene is not None and comparison is not None:
                collect(scene, comparison, self.findings, learn_secrets(scene.log, self._config))

    # -- telling

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand on what was found, from a worker; otherwise fail a session that has found anything."""
        if _is_worker(self._config):
            found = {"workflows": self.findings.workflows, "problems": self.problems}
            self._config.workeroutput[_FROM_WORKER] = worker_text.as_text(found)  # type: ignore[attr-defined]
        elif self._has_failed and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @property
    def _has_failed(self) -> bool:
        return bool(self.problems or self.findings.differing)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of pytest-xdist what the live server told."""
        node.workerinput[_TO_WORKER] = worker_text.as_text(self._live)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:  # noqa: ARG002 -- the hook's
        """Add what a worker found."""
        found = getattr(node, "workeroutput", {}).get(_FROM_WORKER)
        if found is None:
            self.problems.append(f"worker {node.gateway.id} crashed; what it found is lost")
            return
        told = worker_text.from_text(found)
        self.findings.merge(told["workflows"])
        self.problems.extend(problem for problem in told["problems"] if problem not in self.problems)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell what differs."""
        if _is_worker(self._config):
            return
        summary = Summary(terminalreporter, scrubber_of(self._config))
        summary.begin("fakes and the live server", red=self._has_failed, green=not self._has_failed)
        summary.lines([*self.problems, *self.findings.lines(), self._summary()])

    def _summary(self) -> str:
        count, differing = len(self.findings.workflows), len(self.findings.differing)
        where = f"held against {settings.public_address(str(self._where.url))}"
        if not count:
            return f"0 workflows of fakes {where}" if self.problems else f"no test declared a fake to be {where}"
        verdict = f"{differing} differ" + ("s" if differing == 1 else "") if differing else "all agree"
        return f"{count} workflow{'s' if count > 1 else ''} of fakes {where}: {verdict}"


def collect(scene: Scene, comparison: Comparison, findings: Findings, scrubber: Scrubber) -> None:
    """Hold the fakes of a test against the live server; never raises.

    Args:
        scene: The test's.
        comparison: Compares.
        findings: Takes what differs.
        scrubber: Takes the test's secrets out of that.
    """
    for server in scene.fakes:
        for workflow in list(server.state.workflows.values()):
            with_runs = not isinstance(server, DeclaredMastra)
            try:
                found = comparison.differences(server, workflow, with_runs=with_runs)
            except Exception as error:  # noqa: BLE001 -- what somebody declared is not to fail a test here
                found = [f"cannot be compared: {type(error).__name__}: {error}"]
            findings.add(workflow.id, scene.test, map(scrubber.text, found))


def _ask_server(where: MastraConfig, how: MastraConfig) -> dict[str, Any]:
    """Return a live server's workflows, as plain data.

    Raises:
        MastraError: It does not answer.
    """
    with MastraClient(
        str(where.url),
        api_prefix=how.api_prefix,
        headers=how.headers,
        token=how.token,
        timeout=TIMEOUT,
        verify=how.verify,
        cert=how.cert,
    ) as client:
        return {key: details.model_dump(mode="json", by_alias=True) for key, details in client.list_workflows().items()}


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")
