"""Writes a campaign's report as one HTML file that needs neither a server nor a network."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path, PurePath
from urllib.parse import quote

from cyclorama.engine_mix import describe_engine_mix
from cyclorama.job_results import JobAd
from cyclorama.measurement_texts import (
    end_sentence,
    format_measured,
    label_measurement,
    sort_by_verdict,
)
from cyclorama.results import Measurement
from cyclorama.review import Review
from cyclorama.web.flaw_texts import describe_verdict, word_review
from cyclorama.web.quality_texts import TEXTS

# The page's own, so that the report looks like it.
STYLE_FILES = ("theme.css", "result.css", "review.css")
STYLES = Path(__file__).parent / "web" / "static"
# Ads whose preview is embedded. One takes about 13 kB in base64: the report of 500 ads has 6 MB,
# and that of any number little more than 13 MB. Larger: more pictures, and a larger file.
MAX_PREVIEWS = 1000
MARKS = {"fail": ("✕", "Not met"), "warn": ("!", "Warning")}


@dataclass(frozen=True)
class ReportedAd:
    """An ad of a job as its campaign's report shows it.

    photo: path of its photo; empty if it is not known. file: name of its file next to the report;
    empty if it was not finished. preview: a small JPEG, or empty. manifest: path of its manifest
    from the report; empty: next to its file.
    """

    ad: JobAd
    photo: str = ""
    file: str = ""
    preview: bytes = b""
    manifest: str = ""


def render_report(
    finished: Sequence[ReportedAd], review: Review, unfinished: Sequence[ReportedAd] = ()
) -> str:
    """Returns the HTML of a campaign's report.

    It begins with what to look at and what to expect of the other ads, then shows the former with
    reasons, the latter by rank, and why the unfinished ads failed.

    review: of the finished ads, by their position.
    """
    shown = frozenset((*review.look_at, *review.rest)[:MAX_PREVIEWS])
    worst = [_render_ad(finished[at], at in shown) for at in review.look_at]
    rest = [_render_tile(finished[at], at in shown) for at in review.rest]
    sections = (
        _render_section("Look at these first", "ol", "looks", worst),
        _render_section("The others, the best first", "ol", "gallery", rest),
        _render_section("Not made", "ul", "unmade", map(_render_unfinished, unfinished)),
    )
    sentence = escape(word_review(review))
    unmade = f"<p>{len(unfinished)} more could not be made.</p>" if unfinished else ""
    mix = describe_engine_mix(each.ad for each in finished)
    mixed = f"<p>{escape(mix)}</p>" if mix else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        # Nothing is fetched, whatever the texts of an ad contain.
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n"
        f"<title>Campaign report</title>\n<style>\n{_read_styles()}</style>\n</head>\n"
        f'<body>\n<main class="review">\n<h1 class="large">{sentence}</h1>\n{unmade}{mixed}'
        f"{''.join(sections)}</main>\n</body>\n</html>\n"
    )


def _read_styles() -> str:
    """Returns the style sheets of the report."""
    return "".join((STYLES / name).read_text(encoding="utf-8") for name in STYLE_FILES)


def _render_section(title: str, tag: str, css_class: str, items: Iterable[str]) -> str:
    """Returns a section with a heading and a list; empty without items.

    tag: of the list, "ol" or "ul". css_class: of the list.
    """
    content = "".join(items)
    if not content:
        return ""
    return (
        f'<section>\n<h2>{title}</h2>\n<{tag} class="{css_class}">\n{content}</{tag}>\n</section>\n'
    )


def _render_ad(reported: ReportedAd, has_preview: bool) -> str:
    """Returns an ad to look at as an item of a list: preview, verdict, faults and links.

    has_preview: whether its preview is embedded.
    """
    ad = reported.ad
    faults = (*(ad.profile.measurements if ad.profile else ()), *ad.measurements)
    items = "".join(map(_render_fault, sort_by_verdict(faults)))
    manifest = reported.manifest or str(PurePath(reported.file).with_suffix(".json"))
    return (
        f'<li class="card look">{_render_preview(reported, has_preview)}<div>\n'
        f"<h3>{escape(reported.file)}</h3>\n"
        f'<p class="verdict">{_render_verdict(ad)}</p>\n'
        f"<p>{escape(_describe_source(reported))}</p>\n"
        f'<ul class="measurements">{items}</ul>\n'
        f'<p class="files">{_render_link(reported.file, "File")}'
        f"{_render_link(manifest, 'Manifest')}</p>\n</div></li>\n"
    )


def _render_verdict(ad: JobAd) -> str:
    """Returns whether an ad is ready, in the words of the web page."""
    return escape(str(describe_verdict(ad.measurements, ad.profile)["verdict"]))


def _render_fault(measurement: Measurement) -> str:
    """Returns a measurement or a rule that warns or fails, named as on the page; what to do."""
    sign, meaning = MARKS.get(measurement.verdict, ("i", "Note"))
    words = TEXTS.get(measurement.name)
    label = words.label if words else label_measurement(measurement)
    fault = words.fault if words else measurement.note
    texts = " ".join(filter(None, map(end_sentence, (fault, measurement.remedy))))
    measured = format_measured(measurement)
    return (
        f'<li><span class="mark" data-verdict="{measurement.verdict}" role="img" '
        f'aria-label="{meaning}">{sign}</span><span><strong>{escape(label)}.</strong> '
        f"{escape(texts)}<small>{escape(measured)}</small></span></li>\n"
    )


def _render_tile(reported: ReportedAd, has_preview: bool) -> str:
    """Returns an ad of the gallery as an item of a list: its preview, verdict and source.

    has_preview: whether its preview is embedded.
    """
    verdict = _render_verdict(reported.ad)
    return (
        f'<li class="tile">{_render_preview(reported, has_preview)}'
        f"<p><strong>{verdict}</strong> {_render_link(reported.file, reported.file)}</p>"
        f"<p>{escape(_describe_source(reported))}</p></li>\n"
    )


def _render_preview(reported: ReportedAd, has_preview: bool) -> str:
    """Returns the preview of an ad as an embedded picture; empty when it has none."""
    if not (has_preview and reported.preview):
        return ""
    data = b64encode(reported.preview).decode()
    text = escape(f"{reported.ad.prompt[:120]}, {reported.file}")
    return f'<img src="data:image/jpeg;base64,{data}" alt="{text}" loading="lazy">'


def _render_unfinished(reported: ReportedAd) -> str:
    """Returns an ad that was not made as an item of a list, with its error."""
    ad = reported.ad
    text = end_sentence(ad.error or ad.state)
    return f"<li>{escape(_describe_source(reported))}<small>{escape(text)}</small></li>\n"


def _render_link(file: str, text: str) -> str:
    """Returns a link to a file next to the report, named by a text."""
    # The file's name tells equal texts apart for screen readers.
    label = "" if text == file else f' aria-label="{escape(f"{text} {file}")}"'
    return f'<a href="{quote(file)}"{label}>{escape(text)}</a>'


def _describe_source(reported: ReportedAd) -> str:
    """Returns what an ad is made from: its prompt, size and the name of its photo."""
    width, height = reported.ad.size
    size = f"{width} x {height}" if width else ""
    photo = PurePath(reported.photo).name
    return " · ".join(filter(None, (reported.ad.prompt, size, photo)))
