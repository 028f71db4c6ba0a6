"""The evented engine: executing a workflow message by message."""
