"""Recreates an ad from its manifest: python replay.py ad.json photo.jpg"""

import json
import sys
from pathlib import Path

import cyclorama

if len(sys.argv) < 3:
    sys.exit(__doc__)
manifest = json.loads(Path(sys.argv[1]).read_text())
with cyclorama.Client("127.0.0.1:50050") as client:
    again = client.replay(manifest, sys.argv[2])

print(cyclorama.compare_manifests(manifest, again.manifest))
