"""The pytest plugin of mastra-sync; what it offers comes with the issues that follow the client."""
