"""Opening the engine that runs a model in this process."""

import logging

from services.diffusion.in_process.opening import IMPORT_LOGGER, hide_torchvision_advice


def test_only_advice_on_torchvision_is_hidden(caplog):
    logger = logging.getLogger(IMPORT_LOGGER)
    advice = "`CLIPImageProcessor` requires torchvision (not installed); Install torchvision"
    with caplog.at_level("WARNING"):
        logger.addHandler(caplog.handler)
        try:
            with hide_torchvision_advice():
                logger.warning(advice)
                logger.warning("something else")
        finally:
            logger.removeHandler(caplog.handler)
    assert "something else" in caplog.text and advice not in caplog.text
