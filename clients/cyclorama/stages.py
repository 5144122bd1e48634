"""Names of the pipeline's stages, in order, as used by settings, manifests and messages."""

STAGES = ("segmentation", "background", "compositing", "inpainting", "finishing")
