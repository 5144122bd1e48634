"""The command `cyclorama`, an extra of the client: pip install 'cyclorama[cli]'."""


def main() -> None:
    """Runs the command line."""
    try:
        from cyclorama.cli.app import run
    except ModuleNotFoundError as error:
        hint = "pip install 'cyclorama[cli]'"
        raise SystemExit(f"the command line needs {error.name}: {hint}") from None
    run()
