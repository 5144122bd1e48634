"""Makes pictures, reference pages, locks, certificates, dashboards and doubles of servers."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
