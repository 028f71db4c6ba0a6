"""What the workflow does, for tests on the fake. A real server has its own: the tests do not know the difference."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from pytest_mastra import FakeMastra, StepContext, StepError


class Expense(BaseModel):
    amount: float
    purpose: str


class Answer(BaseModel):
    approved: bool
    manager: str


def check(ctx: StepContext) -> Any:
    if ctx.input_data["amount"] <= 0:
        raise StepError(f"an expense of {ctx.input_data['amount']} cannot be paid")
    return ctx.input_data


def ask_manager(ctx: StepContext) -> Any:
    asked, answer = ctx.input_data, ctx.resume_data
    if answer is None:
        return ctx.suspend({"question": f"Pay {asked['amount']} for {asked['purpose']}?"})
    return {"amount": asked["amount"], "approved": answer["approved"], "by": answer["manager"]}


def pay(ctx: StepContext) -> Any:
    decision = ctx.input_data.get("approve-small") or ctx.input_data["ask-manager"]
    if not decision["approved"]:
        return ctx.bail({"paid": 0})
    return {"paid": decision["amount"], "approvedBy": decision["by"]}


@pytest.fixture(autouse=True)
def expense(mastra_server: FakeMastra) -> None:
    """The workflow `expense`."""
    server = mastra_server
    small = server.step(
        "approve-small", lambda ctx: {"amount": ctx.input_data["amount"], "approved": True, "by": "rule"}
    )
    large = server.step("ask-manager", ask_manager, resume_schema=Answer)
    server.workflow("expense", input_schema=Expense).then(server.step("check", check)).branch(
        [
            (lambda ctx: ctx.input_data["amount"] < 100, small),
            (lambda ctx: ctx.input_data["amount"] >= 100, large),
        ]
    ).sleep(0.05).then(server.step("pay", pay)).commit()
