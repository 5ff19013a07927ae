"""How much of a stream is kept: measured in bytes, limited, cut where it must be."""
