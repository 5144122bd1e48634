"""Makes every size of every prompt as one job: python campaign.py photo.jpg"""

import sys
from pathlib import Path

import cyclorama

with cyclorama.Client("127.0.0.1:50050") as client:
    prompts = ["on a marble table", "dark luxury, black and gold"]
    started = client.jobs.submit(sys.argv[1], prompts, sizes=[(1080, 1080), (1080, 1920)])
    *_, job = client.jobs.watch(started.name)
    for number, ad in enumerate(job.ads, 1):
        Path(f"{number}.png").write_bytes(client.jobs.fetch(ad.artifact))

print(f"{job.state}: {job.count('succeeded')} ads with {job.stages['segmentation'][0]} cut-out")
