"""The page, an extra of the client: pip install 'cyclorama[web]', then python -m cyclorama.web."""


def main() -> None:
    """Serves the page until SIGTERM or Ctrl-C; exits with the extra to install if it is missing."""
    try:
        from cyclorama.web.serving import run_page
    except ModuleNotFoundError as error:
        hint = "pip install 'cyclorama[web]'"
        raise SystemExit(f"the page needs {error.name}: {hint}") from None
    run_page()
