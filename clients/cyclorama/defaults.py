"""Defaults that the client shares with the gateway and the services; tests compare both sides."""

GATEWAY = "127.0.0.1:50050"
# Default address of each stage; the compositing process also serves finishing.
STAGE_ADDRESSES = {
    "segmentation": "127.0.0.1:50051",
    "background": "127.0.0.1:50052",
    "compositing": "127.0.0.1:50053",
    "inpainting": "127.0.0.1:50054",
    "finishing": "127.0.0.1:50053",
}
# The services' default limits: the largest message in bytes, and the largest photo in MiB. The
# photo's limit leaves room for the rest of its message.
MESSAGE_LIMIT, PHOTO_MIB = 64 * 2**20, 48
# The key of the metadata by which a call announces the size of its request in bytes.
REQUEST_SIZE_KEY = "cyclorama-request-bytes"
# The compositing stage's defaults: the largest width and height of a standing product, as shares
# of the ad's width and height. Larger: the product fills more of the ad.
WIDTH_SHARE, HEIGHT_SHARE = 0.7, 0.62
# Time limit of a call in seconds, and how often one is repeated. Larger: a caller learns later of a
# failure that lasts; smaller: of failures that pass.
TIMEOUT_SECONDS, MAX_RETRIES = 300.0, 2
