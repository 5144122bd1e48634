"""Calls one stage directly, at its own address: python one_stage.py photo.jpg"""

import sys

import cyclorama

with cyclorama.Client("127.0.0.1:50051") as segmentation:
    cutout = segmentation.segment(sys.argv[1], options={"engine": {"name": "classic"}})

cutout.save("cutout.png")
box = cutout.reply.bounds
print(f"product at {box.x}, {box.y}, confidence {cutout.reply.confidence:.2f}")
