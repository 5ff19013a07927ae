"""The pipeline of one stream: events in, updates out.

event → size gate → dialect, or field → projection → long logs → surrogates → stages, of
which redaction is the first → updates
"""

from .pipeline import Pipeline
from .redaction import Redaction
from .size_gate import MAX_PARSED
from .stage import Stage

__all__ = ["MAX_PARSED", "Pipeline", "Redaction", "Stage"]
