"""Which answers of a step's question were given, and which never."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mastra_sync import MastraClient
from pytest_mastra.coverage import fold, kept_file
from pytest_mastra.coverage.answers import parts_of_answer, parts_of_schema
from pytest_mastra.coverage.documents import as_document
from pytest_mastra.coverage.folded import Coverage
from pytest_mastra.coverage.observed_run import runs_of_scene
from pytest_mastra.coverage.questions import questions_of
from pytest_mastra.coverage.report import lines_of
from pytest_mastra.fake import FakeMastra
from tests.run_history.acted_scenes import acted

SCHEMA = {
    "type": "object",
    "properties": {
        "approved": {"type": "boolean"},
        "by": {"type": "string"},
        "why": {"enum": ["price", "stock", None]},
    },
    "required": ["approved"],
}


@pytest.mark.parametrize(
    ("schema", "parts"),
    [
        (SCHEMA, {"approved": ["true", "false"], "why": ['"price"', '"stock"', "null"]}),
        ({"type": "boolean"}, {"": ["true", "false"]}),
        ({"enum": ["yes", "no"]}, {"": ['"yes"', '"no"']}),
        (
            {"anyOf": [{"properties": {"kind": {"const": kind}}} for kind in ("ok", "no")]},
            {"kind": ['"ok"', '"no"']},
        ),
        ({"properties": {"n": {"anyOf": [{"const": 1}, {"type": "null"}]}}}, {"n": ["1"]}),
        ({"properties": {"n": {"enum": list(range(13))}}}, {}),
        ({"type": "string"}, {}),
        ({"properties": {"x": True}, "anyOf": [None, "y"]}, {}),
        (None, {}),
    ],
)
def test_what_a_schema_lists(schema: Any, parts: dict[str, list[str]]) -> None:
    """True and false, enums, constants, also of alternatives; not what there is without end."""
    assert parts_of_schema(schema) == parts


def test_what_an_answer_says() -> None:
    """Its short values, by name; nothing nested."""
    answer = {"approved": False, "by": "Ines", "long": "x" * 100, "list": [1], "none": None, "n": 3}
    assert list(parts_of_answer(answer)) == [
        ("approved", "false"),
        ("by", '"Ines"'),
        ("none", "null"),
        ("n", "3"),
    ]
    assert list(parts_of_answer("yes")) == [("", '"yes"')]
    assert list(parts_of_answer([True])) == []


def asked(*answers: Any, schema: Any = SCHEMA) -> Coverage:
    """Return the coverage of a run for each answer; None leaves it suspended."""
    coverage = Coverage()
    for answer in answers:

        def play(server: FakeMastra, client: MastraClient, answer: Any = answer) -> None:
            def ask(ctx: Any) -> Any:
                return ctx.suspend({"ask": "ok?"}) if ctx.resume_data is None else 1

            server.workflow("pay").then(server.step("ask", ask, resume_schema=schema)).commit()
            workflow = client.get_workflow("pay")
            run = workflow.create_run()
            run.start_async({})
            if answer is not None:
                run.resume_async(answer, step="ask")
            workflow.details()

        scene = acted(play)
        from pytest_mastra.coverage.declarations import note_declarations

        note_declarations(coverage, scene)
        for run in runs_of_scene(scene):
            coverage.add_run(run)
    return coverage


def answers_in(coverage: Coverage) -> dict[str, list[str]]:
    (row,) = coverage.workflows
    (question,) = questions_of(row)
    return {answer.words: list(answer.tests) for answer in question.answers}


TEST = "tests/test_city.py::test_report"


def test_which_were_given() -> None:
    """Each answer that the schema lists, with the tests that gave it; text that it does not list is not kept."""
    coverage = asked({"approved": True, "by": "Ines"}, {"approved": True, "why": "stock"})
    assert answers_in(coverage) == {
        "approved: true": [TEST],
        "approved: false": [],
        'why: "price"': [],
        'why: "stock"': [TEST],
        "why: null": [],
    }
    kept = kept_file.as_text(coverage)
    assert "Ines" not in kept
    again = kept_file.from_json(json.loads(kept))
    assert answers_in(again) == answers_in(coverage)
    other = asked({"approved": False})
    again.merge(other)
    assert answers_in(again)["approved: false"] == [TEST]
    old = json.loads(kept)
    for row in old["workflows"]:
        del row["given"]
    assert answers_in(kept_file.from_json(old))["approved: true"] == []


def test_without_a_schema() -> None:
    """What is true in one answer may be false in another; without any such, an answer is an answer."""
    assert answers_in(asked({"approved": True, "by": "x"}, schema={"type": "object"})) == {
        "approved: true": [TEST],
        "approved: false": [],
    }
    assert answers_in(asked({"by": "x"}, schema={"type": "object"})) == {"any answer": [TEST]}
    assert answers_in(asked(None, schema={"type": "object"})) == {"any answer": []}


def test_labels() -> None:
    """The labels that a step gave to its suspensions, and which of them was answered."""

    def play(server: FakeMastra, client: MastraClient) -> None:
        def ask(ctx: Any) -> Any:
            if ctx.resume_data is None:
                return ctx.suspend({}, resume_label=f"item-{ctx.input_data}")
            return 1

        server.workflow("pay").foreach(
            server.step("ask", ask, resume_schema={"type": "object"}), concurrency=2
        ).commit()
        run = client.get_workflow("pay").create_run()
        run.start_async([1, 2])
        run.resume_async({"n": 3}, label="item-2")

    (row,) = fold(runs_of_scene(acted(play))).workflows
    (question,) = questions_of(row)
    assert {answer.words: list(answer.tests) for answer in question.answers} == {
        "label: item-1": [],
        "label: item-2": [TEST],
    }


def test_it_is_told() -> None:
    """`term-missing` has a line for a question of which some answers were given, JSON has all of them."""
    coverage = asked({"approved": True, "why": "stock"})
    told = [line for line in lines_of(coverage, with_advice=True) if "never answered" in line]
    assert told == ['  ask was never answered: approved: false, why: "price", why: null']
    (question,) = as_document(coverage)["workflows"][0]["questions"]
    assert question["path"] == "ask"
    assert question["answers"][0] == {"answer": "approved: true", "tests": [TEST]}
    assert not [line for line in lines_of(asked(None), with_advice=True) if "never answered" in line]
