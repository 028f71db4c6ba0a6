"""What is typed for those who write tests is what there is."""

from __future__ import annotations

import ast
import inspect
from typing import get_args

from mastra_sync import statuses
from pytest_mastra import plugin
from pytest_mastra.http.verbs import VERBS, VerbName


def test_the_verbs_that_are_typed_are_those_of_the_table() -> None:
    """A new row of the table is a new name in the type."""
    assert set(get_args(VerbName)) == set(VERBS)


def test_the_statuses_that_are_typed_are_those_that_are_known() -> None:
    """Each status that the client knows of stands in the type."""
    (named,) = [
        node
        for node in ast.walk(ast.parse(inspect.getsource(statuses)))
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "KnownStatus"
    ]
    typed = {node.value for node in ast.walk(named) if isinstance(node, ast.Constant)}
    assert typed >= statuses.SETTLED | statuses.ACTIVE | set(statuses.STATUS_IN_WORDS)


def test_every_fixture_has_a_type() -> None:
    """None gives Any, which would take every mistake."""
    functions = [node for node in ast.parse(inspect.getsource(plugin)).body if isinstance(node, ast.FunctionDef)]
    fixtures = [node for node in functions if any("pytest.fixture" in ast.unparse(one) for one in node.decorator_list)]
    types = {node.name: ast.unparse(node.returns) if node.returns else "Any" for node in fixtures}
    assert len(types) == 9
    assert [name for name, kind in types.items() if "Any" in kind] == []
