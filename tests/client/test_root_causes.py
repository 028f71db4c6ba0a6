"""What is said of a run that failed has the innermost cause's last line."""

from __future__ import annotations

from typing import Any

import pytest

from mastra_sync import RunFailed, RunResult

FETCH = {"name": "TypeError", "message": "fetch failed"}
LOST = {"name": "Error", "message": "getaddrinfo ENOTFOUND db.example", "code": "ENOTFOUND"}

SAID: list[tuple[Any, str]] = [
    ({**FETCH, "cause": LOST}, "TypeError: fetch failed: getaddrinfo ENOTFOUND db.example"),
    ({**FETCH, "cause": {"message": "in between", "cause": LOST}}, "fetch failed: getaddrinfo ENOTFOUND db.example"),
    ({**FETCH, "cause": {"message": "first\n\n  last  \n"}}, "TypeError: fetch failed: last"),
    ({**FETCH, "cause": "Error: refused"}, "TypeError: fetch failed: refused"),
    (FETCH, "TypeError: fetch failed"),
    ({**FETCH, "cause": {"message": ""}}, "TypeError: fetch failed"),
    ({**FETCH, "cause": {"code": 42}}, "TypeError: fetch failed"),
    ({"message": "failed: refused", "cause": {"message": "refused"}}, "failed: refused"),
    ("Error: fetch failed", "Error: fetch failed"),
]


@pytest.mark.parametrize(("error", "said"), SAID)
@pytest.mark.parametrize("place", ["run", "step"])
def test_the_last_line_of_the_innermost_cause(error: Any, said: str, place: str) -> None:
    """Once, where it says more than the error itself; of the run's error or the failed step's."""
    step = {"status": "failed", "error": error}
    fields = {"error": error} if place == "run" else {}
    result = RunResult.model_validate({"runId": "r1", "status": "failed", "steps": {"ask": step}, **fields})
    with pytest.raises(RunFailed) as raised:
        result.raise_for_status()
    assert str(raised.value).splitlines()[0].endswith(said)
    assert result.explain() == str(raised.value)
