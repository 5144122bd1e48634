"""Verifies that a product's pixels are unchanged: python verify.py ad.png ad.json"""

import sys
from pathlib import Path

import cyclorama

with cyclorama.Client("127.0.0.1:50050") as client:
    found = client.verify(sys.argv[1], Path(sys.argv[2]).read_text())

print(found.verdict)
for x, y, width, height in found.differing:
    print(f"differs at {x}, {y}, {width} x {height}")
