"""What differs between server generations, as one table: `current`, `1.2`, `1.0-beta`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mastra_sync.suggest import did_you_mean, nearest_name
from pytest_mastra.fake.workflows.zod_releases import ZOD_4_3, ZOD_4_6, Zod, zod_named


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation of Mastra servers, as its answers show it.

    Attributes:
        name: As users say it.
        zod: The release of zod that a project of today has, of the generation's day otherwise.
        schema_dialect: The `$schema` of the schemas that it describes.
        error_objects: Errors in results are objects, not strings.
        run_id_in_results: The `-async` answers name their run.
        elides_payloads: The `-async` answers leave out payloads that equal the output before.
        execution_path: Results say in which order steps ran.
        suspend_payload_in_results: The `-async` answers gather what was suspended with.
        repeats_completions: A step that runs again keeps what it gave, and suspended with, before.
        evented: There is the evented engine, on which workflows with a schedule run.
        item_queue: The items of a foreach queue up, and streams have events of each; otherwise they come in batches.
        final_result: The last record of a stream holds the run's result.
        stream_tail: What follows the last record.
        per_step: A run can be made to stop after each step.
        for_each_index: A resume can be meant for a single item of a foreach.
        validation_status: HTTP status of an answer to input that does not fit.
        issues: Refused bodies and queries list their faults: `listed`, `dumped` or as `details`.
        raw_rows: Run-by-id answers the stored row.
        waits_for_suspension: A resume waits a while for a run to suspend, and is claimed.
        refuses_finished_streams: A stream on a finished run is refused.
        cancels_sleeps: A cancel ends a sleep.
        cancels_loops: A cancel ends a loop before its next round.
        stores_cancel: A cancel is stored at once.
        checks_request_context: A workflow's schema for the request context is checked.
        drops_reserved_context: Keys of the request context that belong to the server are dropped.
        resource_ids: The `resourceId` of a create-run is kept.
        nested_resource_ids: The run of a nested workflow has the `resourceId` of the run around it.
        stable_mapping_ids: Mappings have the same id in each process.
        limits_stored: What is stored has no key `__proto__` and nothing that is nested too deep.
        nested_entries: Graphs have entries of their own for nested workflows and mappings.
        replaces_rows: Each snapshot moves a run's `createdAt`, and forgets an owner that is not named again.
        metadata: Details have metadata and origin.
        json_only: Only bodies sent as JSON are read.
        suspended_paths: Run-by-id has suspended paths and labels.
        own_item_runs: Each item of a foreach over a workflow is a run of its own.
        shows_running_parents: Run-by-id shows the step around a nested suspension as running.
        keeps_finished_runs: A restart of a finished run answers what is stored.
        usage_fields: The counters in the last record of a stream.
        guards_time_travel: A time travel is checked against what was recorded.
        notes_tracing: Snapshots of runs that stopped have a place for tracing.
        notes_issues: The cause of a step's refused input lists the issues.
        remembers_resumed_runs: A run that was resumed stays in memory after its end, so that it is observed twice.
        checks_abort_first: A cancelled run executes nothing more; otherwise one more entry.
        freezes_resumed_runs: While a run is resumed, what is stored of it stays as it was.
        coded_refusals: Refusals of values have Mastra's own code.
        lists_mappings: Details list mappings among the steps.
        awaits_events: Emitting an event takes a turn.
        bad_state: What a refused initial state is called.
        travels_to_one_child: A time travel into a block executes its target only.
        numbers_all_branches: Paths count all children of a branch, not only those whose condition held.
        state_schemas: Details have state schemas.
        repeated_queries: A query parameter that is given twice is a list; otherwise the first counts.
        moves_metadata: Answers have the metadata of a step last.
        finds_nested_in_blocks: Run-by-id has the steps of nested workflows in blocks too.
        throws_nested_tripwires: A tripwire in a nested workflow stops the workflow around it.
        recalls_inputs: A step that is resumed gets the input of its first time; otherwise what lies before it now.
        resumes_one_branch: A resume of a branch executes that branch only.
        mappings_take_anything: A function that maps takes lists and scalars too.
        chosen_source: Of which of several steps a map takes what it gave: the first that is `known` (has succeeded),
            `filled` (gave something that is not empty), or `truthy`.
        names_source_lists: A map that leads nowhere names all steps that it chose from.
        fails_resumed_blocks: A child that fails when it is resumed fails its block; otherwise that stays suspended.
        unlinks_nested_runs: A nested workflow's run is let go when it stops; otherwise cancels still reach it, and the
            events of one that was refused go on to be passed outward.
        marks_every_target: A time travel, or restart, marks its target in a block wherever it stands; otherwise only if
            no child before it is left out.
        counts_executions: A step's retry count is how often a step of its id was executed before; otherwise its tries.
        fills_templates: A map's templates are filled; otherwise the map fails.
        init_data_name: What a map that leads nowhere calls the run's input.
        no_token_message: What a request without a token is refused with.
    """

    name: str
    zod: Zod = ZOD_4_6
    schema_dialect: str = "http://json-schema.org/draft-07/schema#"
    error_objects: bool = True
    run_id_in_results: bool = True
    elides_payloads: bool = True
    execution_path: bool = True
    suspend_payload_in_results: bool = True
    repeats_completions: bool = False
    evented: bool = True
    item_queue: bool = True
    final_result: bool = True
    stream_tail: bytes = b""
    per_step: bool = True
    for_each_index: bool = True
    validation_status: int = 400
    issues: str = "listed"
    raw_rows: bool = False
    waits_for_suspension: bool = True
    refuses_finished_streams: bool = True
    cancels_sleeps: bool = True
    cancels_loops: bool = True
    stores_cancel: bool = True
    checks_request_context: bool = True
    drops_reserved_context: bool = True
    resource_ids: bool = True
    nested_resource_ids: bool = True
    stable_mapping_ids: bool = True
    limits_stored: bool = True
    nested_entries: bool = True
    replaces_rows: bool = False
    metadata: bool = True
    json_only: bool = True
    suspended_paths: bool = True
    own_item_runs: bool = True
    shows_running_parents: bool = True
    keeps_finished_runs: bool = True
    usage_fields: tuple[str, ...] = (
        "inputTokens",
        "outputTokens",
        "totalTokens",
        "cachedInputTokens",
        "cacheCreationInputTokens",
        "reasoningTokens",
    )
    guards_time_travel: bool = True
    notes_tracing: bool = True
    notes_issues: bool = True
    remembers_resumed_runs: bool = False
    checks_abort_first: bool = True
    freezes_resumed_runs: bool = True
    coded_refusals: bool = True
    lists_mappings: bool = True
    awaits_events: bool = False
    bad_state: str = "initial data"
    travels_to_one_child: bool = True
    numbers_all_branches: bool = True
    state_schemas: bool = True
    repeated_queries: bool = True
    moves_metadata: bool = True
    finds_nested_in_blocks: bool = True
    throws_nested_tripwires: bool = True
    recalls_inputs: bool = True
    resumes_one_branch: bool = True
    fails_resumed_blocks: bool = True
    unlinks_nested_runs: bool = True
    marks_every_target: bool = False
    counts_executions: bool = False
    fills_templates: bool = True
    mappings_take_anything: bool = True
    chosen_source: str = "known"
    names_source_lists: bool = True
    init_data_name: str = "initData"
    no_token_message: str = "Invalid or expired token"  # noqa: S105 -- a message


CURRENT = Generation("current")

RELEASE_1_2 = replace(
    CURRENT,
    name="1.2",
    zod=ZOD_4_3,
    schema_dialect="https://json-schema.org/draft/2020-12/schema",
    run_id_in_results=False,
    elides_payloads=False,
    execution_path=False,
    repeats_completions=True,
    evented=False,
    item_queue=False,
    final_result=False,
    stream_tail=b"data: [DONE]\n\n",
    for_each_index=False,
    validation_status=500,
    issues="dumped",
    waits_for_suspension=False,
    refuses_finished_streams=False,
    cancels_sleeps=False,
    cancels_loops=False,
    drops_reserved_context=False,
    nested_resource_ids=False,
    stable_mapping_ids=False,
    limits_stored=False,
    nested_entries=False,
    replaces_rows=True,
    metadata=False,
    suspended_paths=False,
    own_item_runs=False,
    shows_running_parents=False,
    keeps_finished_runs=False,
    usage_fields=("inputTokens", "outputTokens", "totalTokens", "cachedInputTokens", "reasoningTokens"),
    guards_time_travel=False,
    notes_tracing=False,
    notes_issues=False,
    remembers_resumed_runs=True,
    checks_abort_first=False,
    freezes_resumed_runs=False,
    coded_refusals=False,
    lists_mappings=False,
    awaits_events=True,
    bad_state="initial state",
    numbers_all_branches=False,
    finds_nested_in_blocks=False,
    throws_nested_tripwires=False,
    recalls_inputs=False,
    resumes_one_branch=False,
    chosen_source="filled",
    names_source_lists=False,
    fails_resumed_blocks=False,
    unlinks_nested_runs=False,
    counts_executions=True,
    fills_templates=False,
    init_data_name="step initData",
    no_token_message="Authentication required",  # noqa: S106 -- a message
)

BETA_1_0 = replace(
    RELEASE_1_2,
    name="1.0-beta",
    mappings_take_anything=False,
    chosen_source="truthy",
    marks_every_target=True,
    travels_to_one_child=False,
    state_schemas=False,
    repeated_queries=False,
    moves_metadata=False,
    bad_state="input data",
    error_objects=False,
    suspend_payload_in_results=False,
    per_step=False,
    issues="details",
    raw_rows=True,
    stores_cancel=False,
    checks_request_context=False,
    resource_ids=False,
    json_only=False,
)

GENERATIONS = {generation.name: generation for generation in (CURRENT, RELEASE_1_2, BETA_1_0)}


def generation_named(name: str, zod: str | None = None) -> Generation:
    """Return a generation, with another release of zod if one is named.

    Raises:
        ValueError: There is none of this name.
    """
    try:
        generation = GENERATIONS[name]
    except (KeyError, TypeError):
        hint = did_you_mean(nearest_name(str(name), GENERATIONS), before="", after=" ")
        raise ValueError(f"no generation {name!r}: {hint}there are {', '.join(map(repr, GENERATIONS))}") from None
    return generation if zod is None else replace(generation, zod=zod_named(zod))
