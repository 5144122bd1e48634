"""Painted backdrops: what is far behind a table, out of focus. One module per painting."""
