"""The event log of a job, as HTCondor 25.14 writes it."""

from __future__ import annotations

from sweep.joblog import JobHistory, read

LOG = """000 (011.000.000) 2026-11-23 05:58:04 Job submitted from host: <127.0.0.1:39777>
    [ DAGNodeName = "trial-00007"; JobBatchName = "sweep tiny" ]
...
001 (011.000.000) 2026-11-23 05:58:06 Job executing on host: <127.0.0.1:39777>
\tSlotName: slot1_1@127-0-0-1.localdomain
...
004 (011.000.000) 2026-11-23 05:58:16 Job was evicted.
\t(0) Job was not checkpointed.
...
001 (011.000.000) 2026-11-23 05:58:20 Job executing on host: <127.0.0.1:39777>
...
012 (011.000.000) 2026-11-23 05:58:25 Job was held.
\tTransfer input files failure: no such file photos.zip
\tCode 13 Subcode 2
...
009 (011.000.000) 2026-11-23 05:59:25 Job was aborted.
...
"""


def test_attempts_evictions_and_seconds_are_counted() -> None:
    expected = JobHistory(2, 1, 15.0, "Transfer input files failure: no such file photos.zip")
    assert read(LOG) == expected


def test_the_older_date_format_is_read_too() -> None:
    text = "001 (1.0.0) 11/23 05:58:06 Job executing\n...\n005 (1.0.0) 11/23 05:59:06 Job terminated.\n...\n"
    assert read(text) == JobHistory(1, 0, 60.0, "")


def test_nothing_torn_or_empty_breaks_it() -> None:
    assert read("") == JobHistory()
    for cut in range(len(LOG)):
        assert read(LOG[:cut]).attempts <= 2
