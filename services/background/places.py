"""Fetches the panoramas of photographed places: python -m services.background.places

With --check nothing is fetched: it prints a sentence for whatever is missing or unusable.
"""

import argparse

from services.runtime.downloads import DownloadError
from services.studio.panoramas.fetch import fetch_panoramas
from services.studio.panoramas.library import PlaceSettings, open_library


def main() -> None:
    """Fetches the panoramas and prints their folder, or checks them with --check.

    A failure exits with the error's text, without a traceback.
    """
    settings = PlaceSettings.from_environment()
    parser = argparse.ArgumentParser(description="Fetches the panoramas of photographed places.")
    parser.add_argument("--check", action="store_true", help="only say what is missing or unusable")
    if parser.parse_args().check:
        for problem in open_library(settings).list_problems():
            print(problem)
        return
    try:
        fetch_panoramas(settings.places)
    except DownloadError as error:
        raise SystemExit(str(error)) from None
    print(settings.places)


if __name__ == "__main__":
    main()
