"""Where the gateway is unless somebody says otherwise."""

GATEWAY = "127.0.0.1:50050"
