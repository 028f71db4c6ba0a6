"""The client in front of real servers, with a proxy between them that loses, cuts, delays and garbles."""
