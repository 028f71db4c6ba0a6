"""One page that shows what the runs of tests did: `pytest --mastra-html=PATH`, `mastra-sync report`."""
