"""HTTP as it goes over the wire: verbs, exchanges, bodies, and what records them."""
