"""The event log of a job, as HTCondor 25.14 writes it."""

from __future__ import annotations

from sweep.joblog import JobHistory, parse

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
    assert parse(LOG) == JobHistory(
        attempts=2,
        evictions=1,
        seconds=15.0,
        lost_seconds=10.0,
        cluster=11,
        host="",
        removed=True,
        hold_reason="Transfer input files failure: no such file photos.zip",
        hold_code=(13, 2),
    )


def test_work_is_lost_only_after_the_last_checkpoint_that_came_back() -> None:
    sent = "040 (011.000.000) 2026-11-23 05:58:13 Finished transferring output files\n...\n"
    assert parse(LOG.replace("004 (", sent + "004 (", 1)).lost_seconds == 3.0


def test_a_hold_belongs_to_its_own_job_and_the_host_to_the_last_start() -> None:
    later = (
        "000 (012.000.000) 2026-11-23 06:00:00 Job submitted from host: <127.0.0.1:39777>\n...\n"
        "001 (012.000.000) 2026-11-23 06:00:02 Job executing on host: <127.0.0.1:39777>\n"
        "\tSlotName: slot1_1@glidein_7@gpu-4.example.edu\n...\n"
    )
    history = parse(LOG + later)
    assert (history.cluster, history.attempts, history.host) == (12, 3, "gpu-4.example.edu")
    assert (history.hold_reason, history.hold_code, history.removed) == ("", (0, 0), False)


def test_the_older_date_format_is_read_too() -> None:
    text = "001 (1.0.0) 11/23 05:58:06 Job executing\n...\n005 (1.0.0) 11/23 05:59:06 Job terminated.\n...\n"
    assert parse(text) == JobHistory(attempts=1, seconds=60.0)


def test_nothing_torn_or_empty_breaks_it() -> None:
    assert parse("") == JobHistory()
    for cut in range(len(LOG)):
        assert parse(LOG[:cut]).attempts <= 2
