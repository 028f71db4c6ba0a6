"""Random requests about one run: right ones, and such as nobody means to send."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote

RUN, OTHER_RUN, OWNER = "{run}", "{other run}", "{owner}"
"""Stand for ids that each telling makes up."""

_NAME = {"name": "x", "age": 3, "tags": ["t"], "address": {"city": "NY"}}
_WITH_NUMBER = (
    *("asker", "bail", "branch", "context-schema", "deepAsk", "dountil", "echo", "failing", "inner-ask", "mapped"),
    *("nested", "odd id/é", "only-parallel", "parallel", "retrying", "stateful", "tripwire", "no such workflow"),
)
WORKFLOWS: dict[str, Any] = {
    **{workflow: {"n": 1} for workflow in _WITH_NUMBER},
    "foreach": [1, 2],
    "foreach-suspend": [{"n": 1}, {"n": 2}],
    "strict-input": _NAME,
    "three": {"i": 0},
}
"""Workflows, each with an input that fits."""

VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 1.5, "", "x", "5", "success", [], ["a"], [1], [[]], [None], {}, {"n": 1}),
    *({"a": {"b": None}}, _NAME, {"count": 1, "notes": []}, {"answer": "yes"}, {"tenant": "t"}, [{"n": 1}]),
]
STEPS: list[Any] = [
    *("ask", "t1", "t2", "t3", "inner", "only", "left", "inner.ask", ["inner", "ask"], "echo", "count", "accept"),
    *([], "", "input", "__proto__", ["ask"], ["a", "b", "c"]),
]
_STARTED = ("inputData", "initialState", "requestContext", "perStep", "resourceId")
_RESUMED = ("resumeData", "step", "label", "forEachIndex", "requestContext", "perStep")
_TRAVELLED = ("step", "inputData", "resumeData", "context", "nestedStepsContext", "initialState", "perStep")
FIELDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("start", "start-async"), _STARTED),
    **dict.fromkeys(("stream", "stream-legacy"), (*_STARTED, "closeOnSuspend")),
    **dict.fromkeys(("resume", "resume-async", "resume-no-wait", "resume-stream"), _RESUMED),
    **dict.fromkeys(("time-travel", "time-travel-async", "time-travel-stream"), _TRAVELLED),
    **dict.fromkeys(("restart", "restart-async"), ("requestContext",)),
    "create-run": ("resourceId",),
    "observe": (),
    "observe-stream-legacy": (),
}
"""The fields that one would give to each verb."""

OTHER_FIELDS = ("tracingOptions", "retryCount", "offset", "outputOptions", "versions", "nope", "context", "step")
STARTS = ("start-async", "start-async", "stream", "start")
NO_WAIT = frozenset({"start", "resume", "resume-no-wait", "restart", "time-travel"})
"""Answered before the run has gone on."""

JSON = "application/json"
TYPES = (
    *[JSON] * 8,
    f"{JSON}; charset=utf-8",
    "text/plain",
    None,
    "Application/JSON",
    "application/x-www-form-urlencoded",
)
NO_BODIES = (
    *("", "{", "null", "[]", "5", '"x"', '{"inputData":', " ", "{}x", "\ufeff{}", '{"a":1,"a":2}', "[1,]", "tru"),
    *("{'a':1}", r'{"inputData":"\ud800"}', '{"inputData": NaN}', '{"a":01}'),
)
RUN_IDS = (
    *[f"?runId={RUN}"] * 8,
    "",
    "?runId=",
    f"?runId={OTHER_RUN}",
    f"?runId={RUN}&runId={OTHER_RUN}",
    f"?runId={RUN}&x=1",
)
QUERIES = {
    **dict.fromkeys(
        ("page", "perPage", "limit", "offset"), ("", "0", "1", "2", "-1", "1.5", "abc", "1e3", "%201", "0x10", "%00")
    ),
    "status": ("success", "suspended", "failed", "running", "bogus", "", "Success"),
    **dict.fromkeys(("fromDate", "toDate"), ("2020-01-01", "2020", "2999-01-01T00:00:00Z", "abc", "", "20200101")),
    "fields": ("result", "result,steps", "status", "steps,%20payload", "", "nope", "result,"),
    "withNestedWorkflows": ("true", "false", "", "no"),
    "nope": ("1",),
}
"""The parameters of what is read, and what they may be."""

BESIDE = ("", "?x=1", "?requestContext=", "?requestContext=eyJhIjoxfQ==", "/", "/nope", "/runs/", "//runs")
METHODS = ("PUT", "PATCH", "DELETE", "HEAD", "POST", "GET")
MOST = 5


@dataclass(frozen=True)
class Asked:
    """A request.

    Attributes:
        method: HTTP method.
        path: Below the API prefix.
        body: A JSON value; None for none.
        text: What is sent instead.
        content_type: None for none.
        settles: Whether to wait until the run has gone on.
    """

    method: str
    path: str
    body: Any = None
    text: str | None = None
    content_type: str | None = JSON
    settles: bool = False


def write_requests(random: Random) -> tuple[str, list[Asked]]:
    """Return a workflow, and requests about a run of it."""
    workflow = random.choice([*WORKFLOWS])
    writer = _Writer(random, f"/workflows/{quote(workflow, safe='')}")
    begun = [writer.start(WORKFLOWS[workflow])] if random.random() < 0.7 else []
    return workflow, [*begun, *(writer.any() for _ in range(random.randint(1, MOST)))]


class _Writer:
    def __init__(self, random: Random, path: str) -> None:
        self._random = random
        self._path = path

    def start(self, input_data: Any) -> Asked:
        owned = {"resourceId": OWNER} if self._random.random() < 0.5 else {}
        return self._post(self._random.choice(STARTS), f"?runId={RUN}", {"inputData": input_data, **owned})

    def any(self) -> Asked:
        kinds = [(10, self._verb), (2, self._read), (4, self._list), (1, self._cancel), (1, self._delete)]
        kinds += [(1, self._beside), (1, self._other_method)]
        return self._random.choices([make for _, make in kinds], [weight for weight, _ in kinds])[0]()

    def _post(self, route: str, query: str, body: Any, **how: Any) -> Asked:
        settles = route in NO_WAIT and RUN in query
        return Asked("POST", f"{self._path}/{route}{query}", body, settles=settles, **how)

    def _verb(self) -> Asked:
        route, query, content_type = (self._random.choice(some) for some in ([*FIELDS], RUN_IDS, TYPES))
        if self._random.random() < 0.07:
            text = self._random.choice(NO_BODIES)
            return self._post(str(route), str(query), None, text=text, content_type=content_type)
        return self._post(str(route), str(query), self._body(str(route)), content_type=content_type)

    def _body(self, route: str) -> Any:
        if self._random.random() < 0.06:
            return self._random.choice(VALUES)
        given = [name for name in FIELDS[route] if self._random.random() < 0.45]
        given += self._random.sample(OTHER_FIELDS, self._random.choice([0, 0, 0, 1, 2]))
        return {name: self._value(name) for name in given}

    def _value(self, name: str) -> Any:
        return self._random.choice(STEPS if name == "step" and self._random.random() < 0.85 else VALUES)

    def _query(self, most: int) -> str:
        names = self._random.choices([*QUERIES], k=self._random.randint(0, most))
        # two dates are a text for JavaScript, and that text may be a date
        names = [name for number, name in enumerate(names) if "Date" not in name or name not in names[:number]]
        return "".join(f"&{name}={self._random.choice(QUERIES[name])}" for name in names)

    def _read(self) -> Asked:
        return Asked("GET", f"{self._path}/runs/{RUN}?{self._query(3)[1:]}")

    def _list(self) -> Asked:
        return Asked("GET", f"{self._path}/runs?resourceId={OWNER}{self._query(4)}")

    def _cancel(self) -> Asked:
        return Asked("POST", f"{self._path}/runs/{RUN}/cancel", self._random.choice([{}, None, {"x": 1}, [], 5]))

    def _delete(self) -> Asked:
        return Asked("DELETE", f"{self._path}/runs/{RUN}")

    def _beside(self) -> Asked:
        return Asked("GET", self._path + self._random.choice(BESIDE))

    def _other_method(self) -> Asked:
        routes = [
            "",
            "/runs",
            f"/runs/{RUN}",
            f"/runs/{RUN}/cancel",
            f"/runs/{RUN}/execution-result",
            *map("/{}".format, FIELDS),
        ]
        method = self._random.choice(METHODS)
        body: Any = {} if method in ("PUT", "PATCH", "POST") else None
        return Asked(method, self._path + self._random.choice(routes), body)
