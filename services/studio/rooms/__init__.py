"""Rooms behind a set, modeled in meters: one module each, and one entry in ROOMS."""
