"""Makes two ads at the same time: python asynchronous.py photo.jpg"""

import asyncio
import sys

import cyclorama


async def main() -> None:
    async with cyclorama.AsyncClient("127.0.0.1:50050") as client:
        photo = await client.upload(sys.argv[1])
        prompts = ["on sand, summer sun", "fresh snow in a pine forest"]
        ads = await asyncio.gather(*(client.create_ad(photo, each) for each in prompts))
    for number, ad in enumerate(ads, 1):
        ad.save(f"{number}.png")


if len(sys.argv) < 2:
    sys.exit(__doc__)
asyncio.run(main())
