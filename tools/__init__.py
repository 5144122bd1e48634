"""Development tools: pictures, reference pages, lock files, certificates, dashboard, doubles."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
