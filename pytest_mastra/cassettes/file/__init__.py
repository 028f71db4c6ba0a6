"""The files of cassettes: their format, their order, what stays, what must not be in them."""
