"""Makes every size of every prompt as one job: python campaign.py photo.jpg"""

import sys

import cyclorama

if len(sys.argv) < 2:
    sys.exit(__doc__)
with cyclorama.Client("127.0.0.1:50050") as client:
    prompts = ["on a marble table", "dark luxury, black and gold"]
    job = client.jobs.submit(sys.argv[1], prompts, sizes=["1080x1080", "1080x1920"]).wait()
    for path in job.download("ads"):
        print(path)

print(f"{job.state}: {job.count('succeeded')} ads with {job.stages['segmentation'][0]} cut-out")
