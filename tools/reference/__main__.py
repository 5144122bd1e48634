"""Writes the generated pages of docs/: python -m tools.reference [reports]."""

import sys

from tools.reference import DOCS, FOLDER, INSTALLED, PAGES, REPORTS

reports = sys.argv[1:] == ["reports"]
for name, render_page in (REPORTS if reports else {**PAGES, **INSTALLED}).items():
    path = (DOCS if reports else FOLDER) / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(render_page())
    print(path)
if reports:
    from tools.reference.plots import write_plots

    write_plots()
