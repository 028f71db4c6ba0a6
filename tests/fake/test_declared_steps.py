"""Steps that are declared, found by their ids and made to fail."""

from __future__ import annotations

import pytest

from pytest_mastra.fake import FakeMastra, StepError
from pytest_mastra.suite.declared_server import DeclaredMastra
from tests.run_history.acted_scenes import acted, one


def declared() -> FakeMastra:
    server = FakeMastra()
    inner = server.workflow("inner").then(server.step("deep", lambda ctx: 1)).then(server.step("twin", lambda ctx: 1))
    outer = server.workflow("outer").then(server.step("pay", lambda ctx: 1)).then(server.step("twin", lambda ctx: 2))
    outer.then(inner.commit()).commit()
    return server


@pytest.mark.parametrize("error", ["no money", StepError("no money", code="E_MONEY"), ValueError("no money")])
def test_a_step_is_made_to_fail(error: str | Exception) -> None:
    """By its id, with a message or an exception."""

    def play(server: FakeMastra, client: object) -> None:
        server.workflow("outer").then(server.step("pay", lambda ctx: 1)).commit()
        server.step("pay").fails(error)
        client.get_workflow("outer").execute({})  # type: ignore[attr-defined]

    result = one(acted(play)).result
    assert result is not None
    assert (result.status, str(result.steps["pay"].error)) == ("failed", str(result.error))
    assert "no money" in str(result.error)


def test_steps_are_found() -> None:
    """Those of nested workflows too; of several the workflow says which."""
    server = declared()
    assert server.step("deep").id == "deep"
    assert server.step("twin", workflow="outer") is not server.step("twin", workflow="inner")


@pytest.mark.parametrize(
    ("step", "workflow", "said"),
    [
        ("pya", None, "there is no step 'pya'. Did you mean 'pay'? Declared: 'deep', 'twin', 'pay'. A new one needs"),
        ("pay", "inner", "there is no step 'pay' in workflow 'inner'. Declared: 'deep', 'twin'."),
        ("pay", "iner", "There is no workflow 'iner'. Did you mean 'inner'?"),
        (
            "twin",
            None,
            "there are several steps 'twin', in 'inner', 'outer': server.step('twin', workflow='inner') is one",
        ),
    ],
)
def test_steps_that_there_are_not(step: str, workflow: str | None, said: str) -> None:
    """It is said which may be meant."""
    with pytest.raises(ValueError, match=r"[Tt]here") as caught:
        declared().step(step, workflow=workflow)
    assert str(caught.value).startswith(said)


def test_what_cannot_be_meant() -> None:
    """A new step needs what it does, and stands in no workflow yet; it fails with words or an exception."""
    server = declared()

    def pay(_: object) -> None: ...

    with pytest.raises(TypeError, match=r"a step's id comes first, then what it does: server.step\('pay', pay\)"):
        server.step(pay)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"step 'pay' needs what it does"):
        server.step("pay", duration=3)
    with pytest.raises(TypeError, match="is new"):
        server.step("new", lambda ctx: 1, workflow="outer")
    with pytest.raises(TypeError, match=r"step 'pay' fails with a message or an exception, not with 5"):
        server.step("pay").fails(5)  # type: ignore[arg-type]


def test_elsewhere_a_step_is_not_made_to_fail() -> None:
    """A test that means a fake is skipped where a real server answers."""
    server = DeclaredMastra("live", "http://localhost:4111")
    server.workflow("outer").then(server.step("pay", lambda ctx: 1)).commit()
    with pytest.raises(pytest.skip.Exception, match=r"only a fake has mastra_server\.step\(id\)"):
        server.step("pay").fails()
