"""`python -m core`: the same as in the browser, from the command line."""

import sys

from core.cli import main
from core.engine.leash import hold

if __name__ == "__main__":
    hold()
    sys.exit(main(sys.argv[1:]))
