"""Places a product in your own picture: python own_backdrop.py photo.jpg table.jpg"""

import sys

import cyclorama

if len(sys.argv) < 3:
    sys.exit(__doc__)
with cyclorama.Client("127.0.0.1:50050") as client:
    ad = client.create_ad(sys.argv[1], "a table", backdrop=sys.argv[2], format="jpg", quality=92)

ad.save("ad.jpg")
