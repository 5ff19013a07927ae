"""AG-UI's own encoder, with the run of an agent."""

import sys

import uvicorn
from ag_ui import core
from ag_ui.encoder import EventEncoder
from answers import WORDS
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route


def events():
    yield core.RunStartedEvent(thread_id="t", run_id="r")
    yield core.StepStartedEvent(step_name="answer")
    yield core.TextMessageStartEvent(message_id="m", role="assistant")
    for word in WORDS:
        yield core.TextMessageContentEvent(message_id="m", delta=word)
    yield core.TextMessageEndEvent(message_id="m")
    yield core.ToolCallStartEvent(tool_call_id="c", tool_call_name="bake")
    yield core.ToolCallArgsEvent(tool_call_id="c", delta='{"kind": "rye"}')
    yield core.ToolCallEndEvent(tool_call_id="c")
    yield core.StateSnapshotEvent(snapshot={"loaves": 1})
    yield core.StepFinishedEvent(step_name="answer")
    yield core.RunFinishedEvent(thread_id="t", run_id="r")


async def run(request: Request) -> StreamingResponse:
    encoder = EventEncoder(accept=request.headers.get("accept") or "")
    return StreamingResponse(
        map(encoder.encode, events()), media_type=encoder.get_content_type()
    )


app = Starlette(routes=[Route("/run", run, methods=["POST"])])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
