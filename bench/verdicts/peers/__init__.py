"""One file per peer, run by the Python that the peer is installed for; they need pandas and the peer alone."""
