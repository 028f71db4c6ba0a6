"""What runs did, in formats that others read: Mermaid, Chrome's traces, OTLP, Markdown for CI."""
