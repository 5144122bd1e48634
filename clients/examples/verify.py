"""Verifies by its manifest, ad.json, that an ad is unchanged: python verify.py ad.png"""

import sys

import cyclorama

if len(sys.argv) < 2:
    sys.exit(__doc__)
with cyclorama.Client("127.0.0.1:50050") as client:
    found = client.verify(sys.argv[1])

print(found.verdict)
for x, y, width, height in found.differing:
    print(f"differs at {x}, {y}, {width} x {height}")
