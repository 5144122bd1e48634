"""python -m docs.generators [reports]"""

import sys

from docs.generators import DOCS, FOLDER, INSTALLED, PAGES, REPORTS

reports = sys.argv[1:] == ["reports"]
for name, page in (REPORTS if reports else {**PAGES, **INSTALLED}).items():
    path = (DOCS if reports else FOLDER) / name
    path.write_text(page())
    print(path)
if reports:
    from docs.generators.plots import draw

    draw()
