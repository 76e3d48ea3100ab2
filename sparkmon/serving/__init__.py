"""The serving side: the KServe transformer, and the payload logger where there is no agent; imports no Spark.

Nothing is imported here, for kserve takes seconds and reads the command line: import from the files themselves.
"""

__all__: list[str] = []
