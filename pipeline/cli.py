"""The command `recognition`. It is loaded when it runs, so that Ctrl-C is heard in good order from the beginning."""

import sys

from pipeline.errors import RecognitionError


def main() -> None:
    """Run the command line: exit code 0 done, 1 failed, 2 usage, 130 stopped by Ctrl-C."""
    try:
        from pipeline.commands.app import app

        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except RecognitionError as error:
        from rich.markup import escape

        from pipeline.commands.screen import Screen

        Screen(stderr=True).print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(1)
