"""Briefs: what a prompt, a negative prompt and the product's name ask of a set."""
