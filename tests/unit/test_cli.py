"""The command line from its first moment on."""

import subprocess
import sys

CTRL_C = """
import sys
class CtrlC:
    def find_spec(self, name, *_):
        if name == sys.argv[1]:
            raise KeyboardInterrupt
sys.meta_path.insert(0, CtrlC())
sys.argv[1:] = sys.argv[1:2] + ["--version"]
from pipeline.cli import main
main()
"""


def test_ctrl_c_while_it_is_loaded_ends_it_quietly() -> None:
    for module in ("typer", "pipeline.commands", "pipeline.commands.watch"):
        done = subprocess.run(
            [sys.executable, "-c", CTRL_C, module], capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
