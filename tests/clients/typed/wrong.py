"""Calls that type checkers reject: one error on each line that ends in a comment."""

import io

from cyclorama import Client, Event


async def show(event: Event) -> None:
    print(event)


def make_ads(client: Client) -> None:
    client.create_ad("a.jpg", "x", format="gif")  # wrong
    client.create_ad("a.jpg", "x", sizes="1x1")  # wrong
    client.create_ad("a.jpg", "x", call="Buy")  # wrong
    client.create_ad("a.jpg", "x", shadow="long")  # wrong
    client.create_ad("a.jpg", "x", size=(1, 2, 3))  # wrong
    client.create_ad("a.jpg", "x", options={"compositing": {"tinge": 1}})  # wrong
    client.create_ad("a.jpg", "x", options={"compositing": {"tint": "dark"}})  # wrong
    client.create_ad("a.jpg", "x", on_event=show)  # wrong
    client.map(["a.jpg"], "x", on_progress=show)  # wrong
    client.create_ad(3, "x")  # wrong
    client.create_ad("a.jpg", ["x"])  # wrong
    client.create_ad(io.StringIO("text"), "x")  # wrong
    client.segment("a.jpg", headline="New")  # wrong
    client.jobs.submit("a.jpg", "x", size="1x1")  # wrong
    client.jobs.list("done")  # wrong
    client.jobs.list(created_from="yesterday")  # wrong
