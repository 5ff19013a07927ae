"""The response side: whether it is a stream, in which coding and which format."""
