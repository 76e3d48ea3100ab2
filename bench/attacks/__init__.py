"""How soon clients that attack a model are found: recorded streams of queries, and attacks made anew."""
