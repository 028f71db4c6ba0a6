"""The engine that executes workflows: runs, their events, and what is stored of them."""
