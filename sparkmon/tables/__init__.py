"""The Delta tables: two writers, one that needs no Spark and one that reaches what Spark reaches.

:meth:`Tables.open` chooses. ``sparkmon.tables.delta_rs_writer`` has the first, ``sparkmon.tables.spark_writer`` the
second: the one needs deltalake, the other pyspark, and this room neither.
"""

from sparkmon.tables.completed import completed as completed, read_completed as read_completed
from sparkmon.tables.conditions import Condition as Condition, meeting as meeting
from sparkmon.tables.maintenance import Maintenance as Maintenance, Retention as Retention
from sparkmon.tables.table_writer import Maintained as Maintained, TableWriter as TableWriter
from sparkmon.tables.tables import Tables as Tables
