"""What workflows are: steps, graphs, schemas, and values as JavaScript has them."""
