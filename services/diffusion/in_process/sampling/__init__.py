"""Samples images with the pipelines of a loaded model."""
