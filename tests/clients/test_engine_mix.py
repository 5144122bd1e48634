"""Tables, reports and the page warn of a campaign whose ads were made by different engines."""

from dataclasses import replace
from datetime import datetime
from io import StringIO

from rich.console import Console

from cyclorama import Job, JobAd
from cyclorama.cli.follow import report_job_ad, tabulate_ads
from cyclorama.engine_mix import describe_engine_mix
from cyclorama.report_page import ReportedAd, render_report
from cyclorama.review import plan_review
from cyclorama.web.campaign_json import MIXED, review_to_json

TIME = datetime(2026, 11, 28, 9, 30)
STUDIO = JobAd(
    *("sand", (64, 32), 7, "ff", "succeeded", "a", "m", ""),
    engines={"background": "studio", "inpainting": "grounding"},
)
DRAWN = replace(STUDIO, engines={"background": "a1111 sd_xl", "inpainting": "grounding"})
FAILED = replace(STUDIO, state="failed", artifact="", engines={})
ADS = (STUDIO, DRAWN, FAILED, STUDIO)
WARNING = (
    "Different engines made these ads, which may not look alike: "
    "background by studio (2) and a1111 sd_xl (1). Name an engine to have all ads made by it."
)


def create_job(*ads: JobAd) -> Job:
    return Job("jobs/ab", "succeeded", TIME, TIME, ads, {}, {})


def print_table(job: Job) -> str:
    """Returns the table of a job's ads as text."""
    output = StringIO()
    Console(file=output, width=120).print(tabulate_ads(job))
    return output.getvalue()


def test_the_warning_names_the_stages_with_several_engines_and_the_numbers_of_ads():
    assert describe_engine_mix(ADS) == WARNING
    assert describe_engine_mix((STUDIO, STUDIO, FAILED)) == ""


def test_the_table_lists_engines_only_where_they_differ():
    assert "a1111 sd_xl" in print_table(create_job(*ADS))
    assert "grounding" not in print_table(create_job(*ADS))
    assert "studio" not in print_table(create_job(STUDIO, STUDIO))


def test_reports_and_the_page_have_the_engines_and_the_warning():
    report = report_job_ad(DRAWN, None, None)
    assert report["engines"] == {"background": "a1111 sd_xl", "inpainting": "grounding"}
    assert review_to_json(ADS)["text"].endswith(MIXED)
    finished = [ReportedAd(ad, file="1.png") for ad in ADS if ad.artifact]
    assert WARNING in render_report(finished, plan_review([each.ad for each in finished]))
    alike = [ReportedAd(STUDIO, file="1.png")] * 2
    assert "Different engines" not in render_report(alike, plan_review([STUDIO, STUDIO]))
