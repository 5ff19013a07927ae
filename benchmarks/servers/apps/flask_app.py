"""Flask, as its tutorials teach; for gunicorn."""

import json

from flask import Flask, Response, stream_with_context
from said import WORDS, event

app = Flask(__name__)


@app.route("/stream", methods=["GET", "POST"])
def stream() -> Response:
    def generate():
        yield from map(event, WORDS)
        yield "event: end\ndata: bye\n\n"

    return Response(stream_with_context(generate()), mimetype="text/event-stream")


@app.route("/clock")
def clock() -> Response:
    def generate():
        for second in range(4):
            yield event(f"10:00:0{second}")

    return Response(generate(), mimetype="text/event-stream")


@app.route("/training")
def training() -> Response:
    def generate():
        for epoch in range(1, 5):
            yield event(json.dumps({"epoch": epoch, "loss": round(1 / epoch, 3)}))
        yield 'event: complete\ndata: {"status": "finished"}\n\n'

    return Response(generate(), mimetype="text/event-stream")
