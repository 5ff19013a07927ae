"""What one stream has received: applied to the transcript, and kept for readers."""

from .intake import Intake

__all__ = ["Intake"]
