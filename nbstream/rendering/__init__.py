"""Render text as HTML, markdown and SVG: strings to strings, without blocks."""
