"""Gradio, with a function that yields the text so far."""

import sys

import gradio
from answers import WORDS


def say(question: str):
    text = ""
    for word in WORDS:
        text += word
        yield text


with gradio.Blocks() as demo:
    question, answer = gradio.Textbox(), gradio.Textbox()
    gradio.Button().click(say, question, answer, api_name="say")
demo.launch(server_name="127.0.0.1", server_port=int(sys.argv[1]), quiet=True)
