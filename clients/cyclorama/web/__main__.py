"""Serves the page: python -m cyclorama.web."""

from cyclorama.web import main

main()
