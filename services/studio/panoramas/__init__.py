"""Photographed places: panoramas as the light and the out-of-focus background of sets."""
