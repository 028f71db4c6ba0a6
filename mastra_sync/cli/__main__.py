"""`python -m mastra_sync.cli`: the same as `mastra-sync`."""

from __future__ import annotations

import sys

from mastra_sync.cli import main

if __name__ == "__main__":
    sys.exit(main())
