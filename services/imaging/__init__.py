"""Image math, values and the codec that several stages share."""
