"""LangServe's own routes, with a runnable that yields words."""

import sys

import uvicorn
from answers import WORDS
from fastapi import FastAPI
from langchain_core.runnables import RunnableGenerator
from langserve import add_routes


async def generate(inputs):
    async for _ in inputs:
        for word in WORDS:
            yield word


app = FastAPI()
runnable = RunnableGenerator(generate).with_types(input_type=str, output_type=str)
add_routes(app, runnable, path="/bread")
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
