"""Flask, as in its tutorials; for gunicorn."""

import json

from answers import WORDS, encode_event
from flask import Flask, Response, stream_with_context

app = Flask(__name__)


@app.route("/stream", methods=["GET", "POST"])
def stream() -> Response:
    def generate():
        yield from map(encode_event, WORDS)
        yield "event: end\ndata: bye\n\n"

    return Response(stream_with_context(generate()), mimetype="text/event-stream")


@app.route("/clock")
def clock() -> Response:
    def generate():
        for second in range(4):
            yield encode_event(f"10:00:0{second}")

    return Response(generate(), mimetype="text/event-stream")


@app.route("/training")
def training() -> Response:
    def generate():
        for epoch in range(1, 5):
            metrics = {"epoch": epoch, "loss": round(1 / epoch, 3)}
            yield encode_event(json.dumps(metrics))
        yield 'event: complete\ndata: {"status": "finished"}\n\n'

    return Response(generate(), mimetype="text/event-stream")
