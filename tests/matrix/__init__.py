"""Every verb meets every fault: what the caller gets, and what the server did."""
