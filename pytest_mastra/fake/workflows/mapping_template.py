"""Templates of maps: text with places such as `${inputData.a.b}`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_mastra.fake.workflows.errors import StepError
from pytest_mastra.fake.workflows.javascript import UNDEFINED, dumps
from pytest_mastra.fake.workflows.value_path import walk_path

if TYPE_CHECKING:
    from pytest_mastra.fake.workflows.step_context import StepContext

NAMESPACES = ("inputData", "initData", "state", "requestContext", "stepResults")

_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")


def check_template(template: str) -> None:
    """Check a template where it is declared, as Mastra does.

    Raises:
        ValueError: A placeholder is empty, padded, or of no namespace.
    """
    for number, match in enumerate(_PLACEHOLDER.finditer(template), 1):
        about = _describe(template, number, match[1])
        if not match[1] or match[1] != match[1].strip():
            raise ValueError(
                f"{about} has empty or whitespace-padded contents. "
                "Use ${<scope>.<path>} with no surrounding whitespace."
            )
        scope, _, rest = match[1].partition(".")
        if scope not in NAMESPACES:
            raise ValueError(f'{about} references unknown namespace "{scope}". Use one of: {", ".join(NAMESPACES)}.')
        if scope == "stepResults" and not rest.partition(".")[0]:
            raise ValueError(
                f"{about} must be of the form ${{stepResults.<stepId>}} or ${{stepResults.<stepId>.<path>}}."
            )
        if scope == "requestContext" and not rest:
            raise ValueError(f"{about} requires a request-context key — use ${{requestContext.<key>}}.")


def fill_template(template: str, ctx: StepContext) -> str:
    """Return a template with what its placeholders stand for.

    Raises:
        StepError: A path leads nowhere, or a step has given nothing.
    """
    parts = _PLACEHOLDER.split(template)
    for number, place in enumerate(range(1, len(parts), 2), 1):
        parts[place] = _text(_value(parts[place], _describe(template, number, parts[place]), ctx))
    return "".join(parts)


def _describe(template: str, number: int, placeholder: str) -> str:
    return f"Template placeholder #{number} (${{{placeholder}}}) in '{template}'"


def _value(placeholder: str, about: str, ctx: StepContext) -> Any:
    scope, _, rest = placeholder.partition(".")
    if scope == "requestContext":
        return ctx.request_context.get(rest)
    if scope != "stepResults":
        roots = {"inputData": ctx.input_data, "initData": ctx.get_init_data(), "state": ctx.state}
        return walk_path(roots[scope], rest, about)
    step, _, path = rest.partition(".")
    given = ctx.get_step_result(step)
    if given is None:
        raise StepError(
            f'{about} references stepResults.{step} but step "{step}" has no successful output '
            "(not run yet, not registered, failed, or produced no output)."
        )
    return walk_path(given, path, about)


def _text(value: Any) -> str:
    if value is None or value is UNDEFINED:
        return ""
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    """Return JSON with numbers as JavaScript writes them, which not every version of pydantic does."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{dumps(key).decode()}:{_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    return repr(value).replace("e-0", "e-") if isinstance(value, float) else dumps(value).decode()
