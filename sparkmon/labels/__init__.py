"""Labels that come late, joined to the rows of closed windows: the table ``performance`` and what it finds."""

from sparkmon.labels.answered_rows import answer_blocks as answer_blocks, answered_rows as answered_rows
from sparkmon.labels.label_source import LabelSource as LabelSource
from sparkmon.labels.labels_pass import LabelsPass as LabelsPass
from sparkmon.labels.schema import PERFORMANCE as PERFORMANCE
from sparkmon.labels.verdict import JudgedWindow as JudgedWindow
