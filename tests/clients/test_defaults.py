"""The client's defaults match those of the contract, the gateway and the services."""

from cyclorama import defaults
from cyclorama.stages import STAGES
from cyclorama.v1 import ads_pb2
from gateway.settings import GatewaySettings
from services.compositing.engine import CompositeOptions
from services.runtime.guards.bodies import SIZE_KEY
from services.runtime.settings import ImageSettings, ServerSettings


def default_of(settings: type, name: str) -> object:
    return settings.model_fields[name].default


def test_the_stages_are_those_of_the_contract():
    named = (name for name, number in ads_pb2.Stage.items() if number)
    assert tuple(name.removeprefix("STAGE_").lower() for name in named) == STAGES


def test_the_addresses_are_those_of_the_gateway():
    assert default_of(GatewaySettings, "listen") == defaults.GATEWAY
    addresses = {stage: default_of(GatewaySettings, f"{stage}_address") for stage in STAGES}
    # By default the compositing process also serves finishing.
    assert not addresses["finishing"]
    assert addresses | {"finishing": addresses["compositing"]} == defaults.STAGE_ADDRESSES


def test_the_limits_are_those_of_the_services():
    assert default_of(ServerSettings, "max_message_mib") * 2**20 == defaults.MESSAGE_LIMIT
    assert default_of(ImageSettings, "max_image_mib") == defaults.PHOTO_MIB


def test_the_size_of_a_request_is_announced_as_servers_read_it():
    assert defaults.REQUEST_SIZE_KEY == SIZE_KEY


def test_the_shares_are_those_of_a_composite():
    assert (CompositeOptions.width_share, CompositeOptions.height_share) == (
        defaults.WIDTH_SHARE,
        defaults.HEIGHT_SHARE,
    )
