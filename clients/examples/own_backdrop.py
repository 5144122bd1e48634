"""Places a product in your own picture: python own_backdrop.py photo.jpg table.jpg"""

import sys
from pathlib import Path

import cyclorama

table = {"data": Path(sys.argv[2]).read_bytes()}
with cyclorama.Client("127.0.0.1:50050") as client:
    options = {"backdrop": {"picture": table}, "delivery": {"quality": 92}}
    ad = client.create_ad(sys.argv[1], "a table", format="jpeg", options=options)

ad.save("ad.jpg")
