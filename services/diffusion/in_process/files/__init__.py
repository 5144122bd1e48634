"""Inspects the files of a model before anything is loaded from them."""
