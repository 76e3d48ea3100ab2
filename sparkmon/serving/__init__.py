"""The serving side: the KServe transformer; imports no Spark.

Nothing is imported here because kserve takes seconds to import and reads the command line: import from the files.
"""
