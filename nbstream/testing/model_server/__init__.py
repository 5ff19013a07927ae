"""A server that implements the vendors' APIs."""

from .answer import Answer, Gate, Pace
from .faults import (
    BadRequest,
    Drops,
    FailsMidStream,
    Forbidden,
    Missing,
    NotFound,
    Overloaded,
    RateLimited,
    ServerError,
    Stalls,
    Unauthorized,
)
from .question import Question
from .server import ModelServer, StartModelServer

__all__ = [
    "Answer",
    "BadRequest",
    "Drops",
    "FailsMidStream",
    "Forbidden",
    "Gate",
    "Missing",
    "ModelServer",
    "NotFound",
    "Overloaded",
    "Pace",
    "Question",
    "RateLimited",
    "ServerError",
    "Stalls",
    "StartModelServer",
    "Unauthorized",
]
