"""Random requests about declared workflows, told to a real server and to the fake until they are answered otherwise."""
