"""Calls one stage directly, at its own address: python one_stage.py photo.jpg"""

import sys

import cyclorama

if len(sys.argv) < 2:
    sys.exit(__doc__)
with cyclorama.Client("127.0.0.1:50051") as segmentation:
    cutout = segmentation.segment(sys.argv[1], engine="classic", edge="fine")

cutout.save("cutout.png")
box = cutout.reply.bounds
print(f"product at {box.x}, {box.y}, confidence {cutout.reply.confidence:.2f}")
