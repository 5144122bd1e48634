"""Renders known products as photos and truly inside sets, the truth that ads are compared with."""
