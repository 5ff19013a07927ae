"""Detect dead connections: idle timeout, keep-alive probes, a machine that slept."""
