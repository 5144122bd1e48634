"""Files of webhook endpoints, and what tests of webhooks share."""

import base64
import json
from pathlib import Path

from pydantic import SecretStr

from gateway.webhooks.endpoint_file import WebhookEndpoint

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes 123").decode()
OTHER_SECRET = "whsec_" + base64.b64encode(b"another secret of thirty-2 bytes").decode()
LOOPBACK = ("127.0.0.0/8", "::1/128")


def build_endpoint(url: str, name: str = "shop", **fields: object) -> WebhookEndpoint:
    """Returns an endpoint that may be on this machine."""
    defaults = {"secrets": [SecretStr(SECRET)], "allow_networks": LOOPBACK}
    return WebhookEndpoint.model_validate(defaults | {"name": name, "url": url} | fields)


def write_endpoints(path: Path, **endpoints: dict[str, object]) -> Path:
    """Writes a file of endpoints, each by its name, which may be on this machine."""
    defaults = {"secrets": [SECRET], "allow_networks": LOOPBACK}
    lines = []
    for name, fields in endpoints.items():
        lines.append(f"[endpoint.{name}]")
        for key, value in (defaults | fields).items():
            if isinstance(value, dict):
                inner = ", ".join(f"{each} = {json.dumps(text)}" for each, text in value.items())
                lines.append(f"{key} = {{ {inner} }}")
            else:
                lines.append(f"{key} = {json.dumps(value)}")
    path.write_text("\n".join(lines) + "\n")
    return path
