"""The file of webhook endpoints while it changes: no endpoint is lost, no change is missed."""

import pytest
import structlog

from gateway.webhooks.endpoint_file import WebhookEndpoints, parse_endpoints
from tests.support.webhooks import OTHER_SECRET, SECRET, write_endpoints

SHOP = {"url": "https://shop.example/"}


@pytest.fixture
def path(tmp_path):
    """The file of two endpoints."""
    return write_endpoints(tmp_path / "webhooks.toml", shop=SHOP, archive=SHOP)


def open_endpoints(path) -> WebhookEndpoints:
    return WebhookEndpoints(str(path), settle_seconds=0)


def settle(endpoints: WebhookEndpoints) -> None:
    """Looks at the files as often as a change needs to apply."""
    endpoints.reload_changed_file()
    endpoints.reload_changed_file()


def test_no_state_of_a_file_that_is_being_written_is_in_force(path):
    endpoints = open_endpoints(path)
    text = path.read_text()
    for length in range(0, len(text), 7):
        path.write_text(text[:length])
        endpoints.reload_changed_file()
        assert endpoints.by_name.keys() == {"shop", "archive"}, text[:length]
    write_endpoints(path, other=SHOP)
    endpoints.reload_changed_file()
    assert endpoints.by_name.keys() == {"shop", "archive"}
    endpoints.reload_changed_file()
    assert endpoints.by_name.keys() == {"other"}


def test_a_change_is_read_only_once_it_has_settled(path):
    endpoints = WebhookEndpoints(str(path), settle_seconds=3600)
    write_endpoints(path, other=SHOP)
    settle(endpoints)
    assert endpoints.by_name.keys() == {"shop", "archive"}


@pytest.mark.parametrize("text", ["", "\n# later\n", "[endpoint]\n"])
def test_a_file_without_endpoints_is_invalid(path, text):
    endpoints = open_endpoints(path)
    path.write_text(text)
    settle(endpoints)
    assert endpoints.by_name.keys() == {"shop", "archive"}
    with pytest.raises(SystemExit, match="without endpoints"):
        open_endpoints(path)


def test_a_removed_file_changes_nothing_and_one_that_returns_is_read(path):
    endpoints = open_endpoints(path)
    path.unlink()
    settle(endpoints)
    assert endpoints.by_name.keys() == {"shop", "archive"}
    write_endpoints(path, other=SHOP)
    settle(endpoints)
    assert endpoints.by_name.keys() == {"other"}


def test_a_file_of_secrets_is_read_when_it_is_created_and_when_it_changes(path, tmp_path):
    endpoints, secret = open_endpoints(path), tmp_path / "secret"
    write_endpoints(path, shop=SHOP | {"secrets": [], "secret_files": [str(secret)]})
    settle(endpoints)
    assert endpoints.by_name.keys() == {"shop", "archive"}
    for text in (SECRET, OTHER_SECRET):
        secret.write_text(text)
        settle(endpoints)
        (found,) = endpoints.by_name["shop"].secrets
        assert found.get_secret_value() == text and len(endpoints.by_name) == 1


def test_a_change_while_the_file_is_read_is_not_missed(path, monkeypatch):
    endpoints = open_endpoints(path)
    write_endpoints(path, other=SHOP)

    read = endpoints._read

    def read_while_it_is_written():
        found = read()
        write_endpoints(path, last=SHOP, other=SHOP)
        monkeypatch.undo()
        return found

    monkeypatch.setattr(endpoints, "_read", read_while_it_is_written)
    settle(endpoints)
    assert endpoints.by_name.keys() == {"shop", "archive"}
    endpoints.reload_changed_file()
    assert endpoints.by_name.keys() == {"last", "other"}


@pytest.mark.parametrize("path_text", [SECRET, SECRET * 100, f"{SECRET}\\u0000"])
def test_a_secret_in_place_of_its_path_is_in_no_error_and_no_log(path, path_text):
    endpoints = open_endpoints(path)
    text = f'[endpoint.shop]\nurl = "https://shop.example/"\nsecret_files = ["{path_text}"]\n'
    path.write_text(text)
    with structlog.testing.capture_logs() as logs:
        settle(endpoints)
    with pytest.raises(ValueError, match="secret_files: a file") as error:
        parse_endpoints(text)
    with pytest.raises(SystemExit) as exit_error:
        open_endpoints(path)
    assert len(logs) == 1
    assert SECRET not in repr([logs, str(error.value), str(exit_error.value)])
