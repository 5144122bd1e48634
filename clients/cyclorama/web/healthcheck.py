"""python -m cyclorama.web.healthcheck HOST:PORT: exits 0 if the page answers there.

Containers start it every few seconds, so it speaks HTTP itself: importing a client takes longer.
"""

import socket
import sys

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
# Such as HTTP/1.1 200 OK; the digits end at the twelfth byte.
STATUS = slice(9, 12)
# Longer: a page that hangs is found later. Shorter: a busy one is taken for dead.
TIMEOUT_SECONDS = 3


def has_page(address: str, timeout: float = TIMEOUT_SECONDS) -> bool:
    """Returns whether a server answers with the page; without a gateway it does so too.

    address: its host:port. timeout: seconds to connect, and to wait for the answer.
    """
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout) as connection:
            connection.sendall(REQUEST)
            return connection.recv(STATUS.stop, socket.MSG_WAITALL)[STATUS] == b"200"
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if has_page(sys.argv[1]) else 1)
