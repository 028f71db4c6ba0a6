"""Declaring workflows, in Mastra's words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from typing_extensions import Self, Unpack

from mastra_sync.attributes import refuses_unknown, tells_missing
from mastra_sync.keywords import takes
from pytest_mastra.fake.virtual_time.pace import Pace, check_pace
from pytest_mastra.fake.workflows.arguments import (
    check_call,
    check_description,
    check_function,
    check_json,
    check_metadata,
    check_name,
    check_names,
    check_number,
    check_text,
    check_truth,
)
from pytest_mastra.fake.workflows.engines import DEFAULT, Engine, check_engine
from pytest_mastra.fake.workflows.generations import CURRENT, Generation
from pytest_mastra.fake.workflows.graph import (
    AnyStep,
    ConditionalEntry,
    Entry,
    ForeachEntry,
    LoopEntry,
    MappingEntry,
    ParallelEntry,
    SleepEntry,
    Step,
    StepEntry,
    StepFunction,
    checked_declaration,
    failing,
)
from pytest_mastra.fake.workflows.javascript import UNDEFINED, truthy
from pytest_mastra.fake.workflows.mapping import check_mapping, mapping_step
from pytest_mastra.fake.workflows.schemas import Schema
from pytest_mastra.fake.workflows.workflow_options import EntryOptions, RetryConfig, ShownOptions
from pytest_mastra.text.values import shown

if TYPE_CHECKING:
    from pytest_mastra.fake.workflows.step_context import StepContext

A_BRANCH = "[(lambda ctx: ctx.input_data['n'] > 1, step)]"


@refuses_unknown()
class Workflow:
    """One workflow: `then`, `parallel`, `branch`, ... each add an entry, `commit` closes it.

    Usually made by a server's `workflow`. A workflow is a step too: `other.then(workflow)`.

    Args:
        id: Its id.
        new_id: Makes the random part of ids.
        generation: What the server behaves like.
        input_schema: What its input must fit.
        output_schema: Described, never enforced, as by Mastra.
        state_schema: What its initial state must fit.
        request_context_schema: What the request context must fit.
        description: For `details`.
        metadata: For `details`.
        retry_config: How often steps are tried again that do not say so themselves; a mapping with `attempts` and
            `delay` (seconds) will do.
        validate_inputs: Whether anything is checked at all.
        pace: How its runs progress when nobody waits for them; by default the server says.
        engine: `default`, or `evented`, on which current servers run workflows with a schedule.
    """

    is_workflow = True
    resume_schema = None
    suspend_schema = None
    request_context_schema: Schema | None
    retries = None
    component = "WORKFLOW"
    reference: Mapping[str, Any] = MappingProxyType({})

    def __init__(
        self,
        id: str,  # noqa: A002 -- Mastra's word
        *,
        new_id: Callable[[], str],
        generation: Generation = CURRENT,
        input_schema: Any = None,
        output_schema: Any = None,
        state_schema: Any = None,
        request_context_schema: Any = None,
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        retry_config: RetryConfig | Mapping[str, Any] | None = None,
        validate_inputs: bool = True,
        pace: Pace | None = None,
        engine: Engine = DEFAULT,
    ) -> None:
        self._generation = generation
        self.id = id
        self.input_schema: Schema | None = input_schema
        self.output_schema: Schema | None = output_schema
        self.state_schema: Schema | None = state_schema
        self.request_context_schema = request_context_schema
        self.description = description
        self.metadata = metadata
        self.retry_config = RetryConfig.of(retry_config)
        self.validate_inputs = validate_inputs
        self.pace = pace
        self.engine = engine
        self.entries: list[Entry] = []
        self.steps: dict[str, AnyStep] = {}
        self.committed = False
        self.origin = "code"
        # what nests in a stored definition is told by its id alone
        self.shows_steps = True
        # what a recorded server told of a workflow that this one acts, perhaps with fewer steps
        self.shown_graph: list[dict[str, Any]] | None = None
        self.shown_details: dict[str, Any] | None = None
        self._new_id = new_id
        self._renewed: list[SleepEntry | MappingEntry] = []

    def then(self, step: AnyStep) -> Self:
        """Run a step, or another workflow, next."""
        return self._add(StepEntry(step), step)

    def parallel(self, steps: Iterable[AnyStep], **options: Unpack[EntryOptions]) -> Self:
        """Run steps side by side; the next step gets their outputs by id."""
        self._check_options("parallel", options)
        chosen = self._listed(steps, "parallel", "[step, step]")
        return self._add(ParallelEntry([StepEntry(step) for step in chosen], options), *chosen)

    def branch(self, branches: Iterable[tuple[StepFunction, AnyStep]], **options: Unpack[EntryOptions]) -> Self:
        """Run the steps whose condition holds; a condition that raises does not hold."""
        self._check_options("branch", options)
        pairs = self._listed(branches, "branch", A_BRANCH)
        for pair in pairs:
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:  # noqa: PLR2004 -- a pair
                what = f"branch of workflow {self.id!r} takes pairs of a condition and a step"
                raise TypeError(f"{what}, not {shown(pair)}: {A_BRANCH}")
            self._check_condition("branch", pair[0])
        steps = [step for _, step in pairs]
        entries = [StepEntry(step) for step in steps]
        return self._add(ConditionalEntry(entries, [condition for condition, _ in pairs], options), *steps)

    def dowhile(self, step: AnyStep, condition: StepFunction, **options: Unpack[EntryOptions]) -> Self:
        """Repeat a step while a condition on its output holds."""
        self._check_options("dowhile", options)
        self._check_condition("dowhile", condition)
        return self._add(LoopEntry(StepEntry(step), condition, "dowhile", options), step)

    def dountil(self, step: AnyStep, condition: StepFunction, **options: Unpack[EntryOptions]) -> Self:
        """Repeat a step until a condition on its output holds."""
        self._check_options("dountil", options)
        self._check_condition("dountil", condition)
        return self._add(LoopEntry(StepEntry(step), condition, "dountil", options), step)

    def foreach(
        self, step: AnyStep, *, concurrency: int | Callable[[Any], int] = 1, **options: Unpack[EntryOptions]
    ) -> Self:
        """Run a step once per item of the list that the step before gave."""
        self._check_options("foreach", options, "concurrency")
        what = f"the concurrency of foreach of workflow {self.id!r}"
        if callable(concurrency):
            check_call(concurrency, what)
        else:
            check_number(concurrency, what, whole=True)
        return self._add(ForeachEntry(StepEntry(step), concurrency, options), step)

    def map(
        self,
        mapping: StepFunction | Mapping[str, Any],
        *,
        id: str | None = None,  # noqa: A002 -- Mastra's word
        **options: Unpack[ShownOptions],
    ) -> Self:
        """Make the next step's input: with a function, or from named sources.

        Args:
            mapping: A function of the context, or for each key one of `{"step": s, "path": "a.b"}`,
                `{"init_data": workflow, "path": ...}`, `{"value": 1}`, `{"request_context_path": "lang"}`,
                `{"template": "${inputData.a}"}`, `{"fn": f}`.
            id: Instead of one that is made.
            options: `description` and `metadata`.
        """
        self._check_options("map", {"id": id, **options})
        check_mapping(mapping, f"map of workflow {self.id!r}", self.steps)
        step = mapping_step(id or self._mapping_id(), mapping, self._generation)
        entry = MappingEntry(step, mapping, options)
        if not id and not self._generation.stable_mapping_ids:
            self._renewed.append(entry)
        return self._add(entry, step)

    def sleep(self, seconds: float | StepFunction, *, id: str | None = None, **options: Unpack[ShownOptions]) -> Self:  # noqa: A002
        """Pause for seconds, or for as many as a function says."""
        self._check_options("sleep", {"id": id, **options})
        what = f"sleep of workflow {self.id!r}, in seconds,"
        if callable(seconds):
            check_call(seconds, what)
        else:
            check_number(seconds, what)
        return self._pause(SleepEntry(id or self._sleep_id(), seconds=seconds, options=options), is_named=bool(id))

    def sleep_until(
        self,
        when: datetime | float | StepFunction,
        *,
        id: str | None = None,  # noqa: A002 -- Mastra's word
        **options: Unpack[ShownOptions],
    ) -> Self:
        """Pause until a moment: an aware datetime, seconds since 1970, or a function that gives either."""
        self._check_options("sleep_until", {"id": id, **options})
        what = f"sleep_until of workflow {self.id!r}, an aware datetime or seconds since 1970,"
        if callable(when):
            check_call(when, what)
        elif not isinstance(when, datetime):
            check_number(when, what)
        return self._pause(SleepEntry(id or self._sleep_id(), until=when, options=options), is_named=bool(id))

    def commit(self) -> Self:
        """Close the workflow."""
        self.committed = True
        return self

    def returns(self, value: Any) -> Self:
        """End with a value, or with what a function of the context gives.

        The short form for tests of outcomes.
        """
        what = f"what workflow {self.id!r} returns"
        if callable(value):
            check_call(value, what)
        else:
            check_json(value, what)
        return self.then(Step(self._free_id("return"), value if callable(value) else lambda _: value)).commit()

    then_returns = returns

    @takes()
    def suspends(self, step: str, payload: Any = UNDEFINED, *, resume_schema: Any = None) -> Self:
        """Suspend at a step until it is resumed, and give what it was resumed with.

        An answer of `false`, 0 or an empty text is none, as for `if (!resumeData)` of JavaScript: it asks again.
        """
        if not isinstance(step, str):
            raise TypeError(
                f"workflow {self.id!r} suspends at a step that is named by a text, not at {shown(step)}; "
                "what it asks comes second: .suspends('approve', {'ask': 'ok?'})"
            )
        check_json(payload, f"what workflow {self.id!r} suspends with")

        def ask(ctx: StepContext) -> Any:
            if truthy(ctx.resume_data):
                return ctx.resume_data
            return ctx.suspend(payload)

        return self.then(Step(step, ask, resume_schema=resume_schema)).commit()

    @takes()
    def fails(self, error: str | Exception, *, step: str = "fail") -> Self:
        """Fail at a step, with a message or an exception."""
        if not isinstance(error, (str, Exception)):
            raise TypeError(
                f"workflow {self.id!r} fails with a message or an exception, not with {shown(error)}; "
                "StepError(message, code=..., cause=...) has more to say"
            )

        return self.then(Step(step, failing(error))).commit()

    def _add(self, entry: Entry, *steps: AnyStep) -> Self:
        for step in steps:
            if not isinstance(step, (Step, Workflow)):
                raise TypeError(
                    f"workflow {self.id!r} is made of steps and workflows, not of {step!r}; "
                    "server.step(id, function) makes a step"
                )
        self.entries.append(entry)
        for step in steps:
            self.steps[step.id] = step
        return self

    def _pause(self, entry: SleepEntry, *, is_named: bool) -> Self:
        if not is_named:
            self._renewed.append(entry)
        return self._add(entry, _pause_step(entry))

    def _renew_ids(self) -> None:
        renewed = {}
        for entry in self._renewed:
            old = entry.id
            if isinstance(entry, SleepEntry):
                entry.id = renewed[old] = self._sleep_id()
            else:
                entry.step.id = renewed[old] = self._mapping_id()
        self.steps = {renewed.get(id_, id_): step for id_, step in self.steps.items()}
        for id_, step in self.steps.items():
            if isinstance(step, Workflow):
                renew_ids(step)
            elif isinstance(step, Step):
                step.id = id_

    def _listed(self, given: Iterable[Any], method: str, example: str) -> list[Any]:
        if isinstance(given, (str, Mapping, Step, Workflow)) or not isinstance(given, Iterable):
            raise TypeError(f"{method} of workflow {self.id!r} takes a list, not {shown(given)}: {example}")
        return list(given)

    def _check_condition(self, method: str, condition: object) -> None:
        what = f"the condition of {method} of workflow {self.id!r}"
        check_function(condition, what, "lambda ctx: ctx.input_data['n'] > 1 is one")

    def _check_options(self, method: str, options: Mapping[str, Any], *own: str) -> None:
        what = f"{method} of workflow {self.id!r}"
        check_names(options, (*own, *EntryOptions.__annotations__), what)
        check_name(options.get("id"), f"the id of {what}")
        check_description(options.get("description"), what)
        check_metadata(options.get("metadata"), what)

    def _sleep_id(self) -> str:
        return f"sleep_{self._new_id()}"

    def _mapping_id(self) -> str:
        if not self._generation.stable_mapping_ids:
            return f"mapping_{self._new_id()}"
        number = sum(isinstance(entry, MappingEntry) for entry in self.entries)
        while f"mapping_{self.id}_{number}" in self.steps:
            number += 1
        return f"mapping_{self.id}_{number}"

    def _free_id(self, wanted: str) -> str:
        number = 2
        chosen = wanted
        while chosen in self.steps:
            chosen = f"{wanted}-{number}"
            number += 1
        return chosen

    def _checked(self, name: str, value: Any) -> Any:
        """Return what an attribute is set to, in the constructor or later."""
        if name == "id":
            check_text(value, "a workflow's id")
            return value
        if name == "retry_config":
            return RetryConfig.of(value)
        if name == "pace" and value is not None:
            check_pace(value)
        elif name == "validate_inputs":
            check_truth(value, f"validate_inputs of workflow {self.id!r}")
        elif name == "engine":
            check_engine(value, f"the engine of workflow {self.id!r}", self._generation)
        return checked_declaration(name, value, f"workflow {vars(self).get('id')!r}")

    def __repr__(self) -> str:
        return f"<Workflow {self.id!r} {len(self.entries)} entries>"

    if not TYPE_CHECKING:  # which would take it that everything can be set

        def __setattr__(self, name: str, value: Any) -> None:
            object.__setattr__(self, name, self._checked(name, value))

        __getattr__ = tells_missing(
            **dict.fromkeys(("step", "add", "add_step", "step_then", "after"), "then(step)"),
            **dict.fromkeys(("execute", "start", "run", "create_run"), "mastra_client.get_workflow(id).execute(...)"),
            **dict.fromkeys(("output", "succeeds", "result"), "returns"),
            **dict.fromkeys(("error", "raises"), "fails"),
            do_while="dowhile",
            do_until="dountil",
            for_each="foreach",
        )


def renew_ids(workflow: Workflow) -> None:
    """Give sleeps and mappings without an id of their own other ones.

    Each process of a server makes its own, as far as its generation does not count them.
    """
    workflow._renew_ids()  # noqa: SLF001 -- this is a part of the class


def _pause_step(entry: SleepEntry) -> Step:
    """What details show of a pause."""
    empty = {"type": "object", "properties": {}, "additionalProperties": False}
    return Step(
        entry.id,
        lambda _: {},
        input_schema=empty,
        output_schema=empty,
        description=entry.options.get("description"),
        metadata=entry.options.get("metadata"),
    )
