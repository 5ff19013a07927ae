"""The content of a stream: blocks, bounded in memory, as patches and as output."""
