"""Image math, value types and the image codec that several stages share."""
