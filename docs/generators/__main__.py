"""python -m docs.generators"""

from docs.generators import FOLDER, INSTALLED, PAGES

for name, page in {**PAGES, **INSTALLED}.items():
    (FOLDER / name).write_text(page())
    print(FOLDER / name)
