"""Defaults of the gateway and the services that the client repeats; tests compare them."""

GATEWAY = "127.0.0.1:50050"
# Where each stage listens; the process of compositing serves finishing too.
STAGE_ADDRESSES = {
    "segmentation": "127.0.0.1:50051",
    "background": "127.0.0.1:50052",
    "compositing": "127.0.0.1:50053",
    "inpainting": "127.0.0.1:50054",
    "finishing": "127.0.0.1:50053",
}
# The largest message, in bytes, and the largest photo, in MiB.
MESSAGE_LIMIT, PHOTO_MIB = 64 * 2**20, 48
# The widest and the tallest that a standing product is, as shares of the ad's sides.
WIDTH_SHARE, HEIGHT_SHARE = 0.7, 0.62
