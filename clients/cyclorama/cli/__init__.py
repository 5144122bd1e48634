"""The command `cyclorama`, an extra of the client: pip install 'cyclorama[cli]'."""


def main() -> None:
    """Runs the command line; when a library is missing, exits with the extra to install.

    Exit status 130 without a traceback on Ctrl-C, 143 on SIGTERM, 129 on SIGHUP.
    """
    from cyclorama.cli.signals import end_on_signals

    end_on_signals()
    try:
        from cyclorama.cli.app import run_command_line
    except ModuleNotFoundError as error:
        hint = "pip install 'cyclorama[cli]'"
        raise SystemExit(f"the command line needs {error.name}: {hint}") from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    run_command_line()
