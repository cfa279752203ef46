"""`python -m core`: the same as in the browser, from the command line."""

import sys

from core.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
