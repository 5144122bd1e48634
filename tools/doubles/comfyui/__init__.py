"""A double of ComfyUI, which validates and executes graphs of its core nodes."""
