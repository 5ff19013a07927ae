"""The notices of a truncated answer, which several formats share."""

CUT = "The answer was cut: "
LIMIT = (
    CUT + "it reached the limit of output tokens ({}). Ask for more with --max-tokens."
)
"""With a place for the stop reason."""
