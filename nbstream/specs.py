"""What to follow or to ask, and how: what Python's functions and the magics both build.

A spec is complete and checked when it is made. `Defaults` is the one place where what
a caller does not give is filled in.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from . import models
from .content.projections import AUTO_VIEW, make_projection
from .dialects import AUTO, dialect_named
from .dialects.json.field_path import FieldPath
from .limits import Limits
from .models import DEFAULT_CLAUDE, Access, ModelRequest, ModelStream
from .sources import ConnectOptions, SourceOptions, source_of
from .streams.arguments import StreamArguments
from .streams.handle import Stream
from .streams.pipeline import MAX_PARSED
from .streams.timing import check_max_time
from .text.sizes import parse_size

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOptions:
    """How one stream is read, shown and bounded; `nbstream.stream` explains each.

    Raises:
        ValueError: if an option is not what it should be.
    """

    dialect: str = AUTO
    view: str = AUTO_VIEW
    field: str | None = None
    name: str | None = None
    limits: Limits | None = None
    max_time: float | None = None
    max_event_size: int = MAX_PARSED

    def __post_init__(self) -> None:
        """Check each option with what will read it."""
        dialect_named(self.dialect)
        make_projection(self.view)
        if self.field is not None:
            FieldPath(self.field)
        check_max_time(self.max_time)

    def to_arguments(self) -> StreamArguments:
        """Return the keyword arguments of any stream: all options but the dialect."""
        return {
            "view": self.view,
            "field": self.field,
            "name": self.name,
            "limits": self.limits,
            "max_time": self.max_time,
            "max_event_size": self.max_event_size,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSpec:
    """What to follow, and how."""

    origin: Any
    """An address, or what can be iterated."""
    source_options: SourceOptions | None = None
    """The options of an address, of its scheme's class."""
    label: str | None = None
    record: str | os.PathLike[str] | None = None
    options: StreamOptions = StreamOptions()

    def open(self) -> Stream:
        """Return a new stream, not started.

        Raises:
            TypeError: if the origin cannot be followed.
            ValueError: if an option is not what it should be.
        """
        options, source = self.options, self.source_options
        if source is not None:
            source = source.with_event_size(options.max_event_size)
        return Stream(
            source_of(self.origin, source, label=self.label, record=self.record),
            dialect=options.dialect,
            **options.to_arguments(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSpec:
    """What to ask of a model, and how."""

    vendor: str
    """A name of `models.VENDORS`."""
    question: ModelRequest
    access: Access
    notes: tuple[str, ...] = ()
    """What the reader has to know of the question, in sentences."""
    record: str | os.PathLike[str] | None = None
    options: StreamOptions = StreamOptions()
    """Without dialect and field, which the vendor determines."""

    def open(self) -> ModelStream:
        """Return the answer as a new stream; the request is sent when it starts.

        Raises:
            KeyMissing: if there is no key.
        """
        arguments = self.options.to_arguments()
        arguments["notes"] = self.notes
        return models.ask(
            self.vendor, self.question, self.access, record=self.record, **arguments
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What holds where a caller gives nothing: in a notebook, the values of
    `%config StreamMagics`, whose names these are."""

    dialect: str = AUTO
    view: str = AUTO_VIEW
    max_event_size: int = MAX_PARSED
    retries: int | None = None
    idle_timeout: float | None = None
    follow: bool | None = None
    in_thread: bool = False
    """Whether streams run in a thread beside the kernel's loop."""
    models: Mapping[str, str] = field(
        default_factory=lambda: {"claude": DEFAULT_CLAUDE}
    )
    """The model of each vendor; empty, or missing, without a default."""

    def build_options(
        self,
        *,
        dialect: str | None = None,
        view: str | None = None,
        field: str | None = None,
        name: str | None = None,
        limits: Limits | None = None,
        max_time: float | None = None,
        max_event_size: int | str | None = None,
    ) -> StreamOptions:
        """Return the options of a stream, with the default of each that is None.

        Raises:
            ValueError: if an option is not what it should be.
        """
        return StreamOptions(
            dialect=_choose(dialect, self.dialect),
            view=_choose(view, self.view),
            field=field,
            name=name,
            limits=limits,
            max_time=max_time,
            max_event_size=(
                self.max_event_size
                if max_event_size is None
                else parse_size(max_event_size)
            ),
        )

    def fill_source(self, given: SourceOptions | None) -> SourceOptions | None:
        """Return the options of a source, with the default of each that is None."""
        if not isinstance(given, ConnectOptions):
            return given
        return replace(
            given,
            retries=_choose(given.retries, self.retries),
            idle_timeout=_choose(given.idle_timeout, self.idle_timeout),
            follow=_choose(given.follow, self.follow),
        )

    def fill_access(self, given: Access) -> Access:
        """Return how to reach a vendor, with the default of what is None."""
        return replace(
            given,
            retries=_choose(given.retries, self.retries),
            idle_timeout=_choose(given.idle_timeout, self.idle_timeout),
        )

    def find_model(self, vendor: str) -> str:
        """Return the default model of a vendor; empty if there is none."""
        return self.models.get(vendor, "")

    def choose_thread(self, given: bool | None) -> bool:
        """Return whether a stream runs beside the kernel's loop."""
        return _choose(given, self.in_thread)


def _choose(given: T | None, default: T) -> T:
    return default if given is None else given
