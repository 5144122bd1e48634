"""Tries how ads would be signed with the settings in the environment, for `cyclorama doctor`.

python -m services.finishing.signing_check prints one JSON object: state, found and advice.
"""

import json
from datetime import UTC, datetime, timedelta

from services.finishing.engines import FinishingSettings
from services.finishing.signing import open_signing, open_trust
from services.runtime.errors import ServiceError

# Time before the end of a certificate from which on it is to be renewed. Larger: earlier warnings.
RENEWAL = timedelta(days=30)
RENEW = "renew the certificate; the stage reads the new file without a restart"
REMEDY = "see docs/content-credentials.md; until then ads are {}"


def diagnose_signing(settings: FinishingSettings) -> dict[str, str]:
    """Signs a trial file; returns the fields `state`, `found` and `advice` of a diagnosis."""
    outcome = {"refuse": "refused", "deliver": "delivered unsigned"}[settings.credentials_failure]
    try:
        open_trust(settings)
        signing = open_signing(settings)
        if signing is None:
            return {"state": "ok", "found": "ads are not signed", "advice": ""}
        signing.signer.try_signing()
    except (ServiceError, SystemExit) as error:
        return {"state": "warning", "found": str(error), "advice": REMEDY.format(outcome)}
    certificate = signing.signer.certificate
    end = certificate.leaf.not_valid_after_utc
    found = f"{certificate.subject} signs ads, with a certificate until {end:%Y-%m-%d}"
    if end - datetime.now(UTC) < RENEWAL:
        return {"state": "warning", "found": found, "advice": RENEW}
    return {"state": "ok", "found": found, "advice": ""}


if __name__ == "__main__":
    print(json.dumps(diagnose_signing(FinishingSettings.from_environment())))
