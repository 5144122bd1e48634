"""python -m docs.generators"""

from docs.generators import FOLDER, PAGES

for name, page in PAGES.items():
    (FOLDER / name).write_text(page())
    print(FOLDER / name)
