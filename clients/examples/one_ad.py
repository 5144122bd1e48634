"""Makes one ad: python one_ad.py photo.jpg"""

import sys

import cyclorama

if len(sys.argv) < 2:
    sys.exit(__doc__)
with cyclorama.Client("127.0.0.1:50050") as client:
    ad = client.create_ad(sys.argv[1], "on a marble table, soft morning light", on_event=print)

ad.save("ad.png")
print(f"{ad.width} x {ad.height}, quality {ad.score:g}: {ad.reasons}")
