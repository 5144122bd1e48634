"""Load tests for any deployment, with locust: python -m cyclorama.load --help."""
