"""Makes an ad of every photo in a folder, four at a time: python folder.py photos"""

import sys
from pathlib import Path

import cyclorama

if len(sys.argv) < 2:
    sys.exit(__doc__)
photos = sorted(Path(sys.argv[1]).glob("*.[jp][pn]g"))
with cyclorama.Client("127.0.0.1:50050") as client:
    ads = client.map(photos, "on slate, hard light", format="jpg", return_exceptions=True)
    for photo, ad in zip(photos, ads, strict=True):
        print(ad.save(f"ads/{photo.stem}.jpg") if isinstance(ad, cyclorama.Ad) else ad)
