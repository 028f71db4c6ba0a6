"""A blocking client for Mastra's HTTP Workflows API.

Names are imported when they are first used, so that `import mastra_sync` costs next to nothing.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mastra_sync.lazy import lazy_names

if TYPE_CHECKING:
    from mastra_sync.client import MastraClient
    from mastra_sync.errors import (
        APIConnectionError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        ConflictError,
        InputMismatch,
        InvalidArgument,
        InvalidInput,
        InvalidResumeData,
        MalformedRecord,
        MastraError,
        NoSuchStep,
        NotFoundError,
        OutcomeUnknown,
        PayloadTooLarge,
        PermissionDeniedError,
        RateLimitError,
        RecordTooLarge,
        ReplyTooLarge,
        ResponseFormatError,
        ResumeAlreadyClaimed,
        RouteNotFound,
        RunAlreadyFinished,
        RunAlreadyStarted,
        RunCanceled,
        RunError,
        RunFailed,
        RunNotActive,
        RunNotFound,
        RunNotStarted,
        RunNotSuspended,
        RunPaused,
        RunStillRunning,
        RunSuspended,
        RunTimeout,
        RunTripwire,
        ServerError,
        SeveralStepsSuspended,
        StepNotFound,
        StepNotSuspended,
        StreamError,
        StreamInterrupted,
        UnexpectedRedirect,
        UnsupportedByServer,
        WorkflowNotFound,
    )
    from mastra_sync.events import StreamEvent
    from mastra_sync.models import (
        CurrentStep,
        RemoteError,
        RunPage,
        RunResult,
        StepResult,
        Suspension,
        WorkflowState,
    )
    from mastra_sync.options import (
        MoveOptions,
        RestartOptions,
        ResumeOptions,
        StartOptions,
        StreamOptions,
        StreamResumeOptions,
        StreamStartOptions,
        StreamTimeTravelOptions,
        TimeTravelOptions,
    )
    from mastra_sync.records import RecordDecoder
    from mastra_sync.run import Run
    from mastra_sync.schedule_models import Schedule, ScheduleFire, ScheduleRunSummary, ScheduleTrigger
    from mastra_sync.streaming import RunStream
    from mastra_sync.workflow import Workflow
    from mastra_sync.workflow_models import StepDetails, WorkflowDetails, WorkflowSchema

_HOMES = {
    "MastraClient": "client",
    "StreamEvent": "events",
    "CurrentStep": "models",
    "RemoteError": "models",
    "RunPage": "models",
    "RunResult": "models",
    "StepDetails": "workflow_models",
    "StepResult": "models",
    "Suspension": "models",
    "WorkflowDetails": "workflow_models",
    "WorkflowSchema": "workflow_models",
    "WorkflowState": "models",
    "MoveOptions": "options",
    "RestartOptions": "options",
    "ResumeOptions": "options",
    "StartOptions": "options",
    "StreamOptions": "options",
    "StreamResumeOptions": "options",
    "StreamStartOptions": "options",
    "StreamTimeTravelOptions": "options",
    "TimeTravelOptions": "options",
    "RecordDecoder": "records",
    "Run": "run",
    "RunStream": "streaming",
    "Schedule": "schedule_models",
    "ScheduleFire": "schedule_models",
    "ScheduleRunSummary": "schedule_models",
    "ScheduleTrigger": "schedule_models",
    "Workflow": "workflow",
}
"""Where the names live that are not exceptions."""

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "ConflictError",
    "CurrentStep",
    "InputMismatch",
    "InvalidArgument",
    "InvalidInput",
    "InvalidResumeData",
    "MalformedRecord",
    "MastraClient",
    "MastraError",
    "MoveOptions",
    "NoSuchStep",
    "NotFoundError",
    "OutcomeUnknown",
    "PayloadTooLarge",
    "PermissionDeniedError",
    "RateLimitError",
    "RecordDecoder",
    "RecordTooLarge",
    "RemoteError",
    "ReplyTooLarge",
    "ResponseFormatError",
    "RestartOptions",
    "ResumeAlreadyClaimed",
    "ResumeOptions",
    "RouteNotFound",
    "Run",
    "RunAlreadyFinished",
    "RunAlreadyStarted",
    "RunCanceled",
    "RunError",
    "RunFailed",
    "RunNotActive",
    "RunNotFound",
    "RunNotStarted",
    "RunNotSuspended",
    "RunPage",
    "RunPaused",
    "RunResult",
    "RunStillRunning",
    "RunStream",
    "RunSuspended",
    "RunTimeout",
    "RunTripwire",
    "Schedule",
    "ScheduleFire",
    "ScheduleRunSummary",
    "ScheduleTrigger",
    "ServerError",
    "SeveralStepsSuspended",
    "StartOptions",
    "StepDetails",
    "StepNotFound",
    "StepNotSuspended",
    "StepResult",
    "StreamError",
    "StreamEvent",
    "StreamInterrupted",
    "StreamOptions",
    "StreamResumeOptions",
    "StreamStartOptions",
    "StreamTimeTravelOptions",
    "Suspension",
    "TimeTravelOptions",
    "UnexpectedRedirect",
    "UnsupportedByServer",
    "Workflow",
    "WorkflowDetails",
    "WorkflowNotFound",
    "WorkflowSchema",
    "WorkflowState",
]

__version__ = "0.2.0"

logging.getLogger(__name__).addHandler(logging.NullHandler())


__getattr__, __dir__ = lazy_names(__name__, __all__, _HOMES, others="errors")
