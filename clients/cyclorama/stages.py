"""The stages of the pipeline by the names that settings, manifests and messages use."""

STAGES = ("segmentation", "background", "compositing", "inpainting", "finishing")
