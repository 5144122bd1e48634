"""Load tests of a deployment, with locust: python -m cyclorama.load --help."""
