"""Measures what a reviewer would find wrong with an ad, and predicts the mark."""
