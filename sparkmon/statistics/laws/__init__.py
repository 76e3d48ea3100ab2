"""The null distributions that statistics share: how each kind of value is distributed when nothing has drifted."""
