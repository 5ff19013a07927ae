"""JSON-RPC over event streams: MCP, and A2A."""

from .dialect import JsonRpc, recognises

__all__ = ["JsonRpc", "recognises"]
