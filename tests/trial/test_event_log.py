"""The event log of a job, as HTCondor 25.14 writes it."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.trial.event_log import JobHistory, SlotRun, parse_event_log, read_event_log

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
    history = parse_event_log(LOG)
    assert (history.attempts, history.evictions, history.seconds, history.lost_seconds) == (2, 1, 15.0, 10.0)
    assert (history.cluster, history.host, history.removed) == (11, "", True)
    assert (history.hold_reason, history.hold_code) == (
        "Transfer input files failure: no such file photos.zip",
        (13, 2),
    )


RUN = """000 (266.000.000) 2026-11-23 15:44:50 Job submitted from host: <127.0.0.1:41665>
...
040 (266.000.000) 2026-11-23 15:44:53 Started transferring input files
...
001 (266.000.000) 2026-11-23 15:44:58 Job executing on host: <127.0.0.1:41665>
\tSlotName: slot1_1@node7.example.edu
\tCpus = 1
\tGPUs = 1
\tGPUs_GPU_3a = [ Id = "GPU-3a"; Capability = 8.0; DeviceName = "NVIDIA A100-SXM4-40GB"; GlobalMemoryMb = 40352 ]
...
006 (266.000.000) 2026-11-23 15:45:02 Image size of job updated: 5092
\t313  -  MemoryUsage of job (MB)
\t2816  -  ResidentSetSize of job (KB)
...
005 (266.000.000) 2026-11-23 15:45:03 Job terminated.
\t(1) Normal termination (return value 0)
\t43  -  Run Bytes Sent By Job
\t10661  -  Run Bytes Received By Job
\t86  -  Total Bytes Sent By Job
\t20661  -  Total Bytes Received By Job
\tPartitionable Resources :    Usage  Request Allocated
\t   Cpus                 :     0.52        1         1
\t   Disk (KB)            :       27     1024      1024
\t   GPUs                 :                           1
\t   Memory (MB)          :        3       16       128
...
"""


def test_a_run_has_its_times_its_place_and_what_it_used() -> None:
    (run,) = parse_event_log(RUN, 7).runs
    assert run == SlotRun(
        trial=7,
        queued=datetime(2026, 11, 23, 15, 44, 50),
        claimed=datetime(2026, 11, 23, 15, 44, 53),
        start=datetime(2026, 11, 23, 15, 44, 58),
        end=datetime(2026, 11, 23, 15, 45, 3),
        host="node7.example.edu",
        slot="slot1_1@node7.example.edu",
        gpu="NVIDIA A100-SXM4-40GB",
        ending="terminated",
        memory_mb=313.0,
        disk_kb=27.0,
        cpus=0.52,
        sent=43,
        received=10661,
    )


def test_work_is_lost_only_after_the_last_checkpoint_that_came_back() -> None:
    sent = "040 (011.000.000) 2026-11-23 05:58:13 Finished transferring output files\n...\n"
    assert parse_event_log(LOG.replace("004 (", sent + "004 (", 1)).lost_seconds == 3.0


def test_a_hold_belongs_to_its_own_job_and_the_host_to_the_last_start() -> None:
    later = (
        "000 (012.000.000) 2026-11-23 06:00:00 Job submitted from host: <127.0.0.1:39777>\n...\n"
        "001 (012.000.000) 2026-11-23 06:00:02 Job executing on host: <127.0.0.1:39777>\n"
        "\tSlotName: slot1_1@glidein_7@gpu-4.example.edu\n...\n"
    )
    history = parse_event_log(LOG + later)
    assert (history.cluster, history.attempts, history.host) == (12, 3, "gpu-4.example.edu")
    assert (history.hold_reason, history.hold_code, history.removed) == ("", (0, 0), False)


def test_a_hold_ends_when_the_job_is_released() -> None:
    held, _, _ = LOG.partition("009 (")
    assert parse_event_log(held).hold_code == (13, 2)
    assert parse_event_log(held + "013 (011.000.000) 2026-11-23 05:59:00 Job was released.\n...\n").hold_code == (0, 0)


STARTED = "000 (9.0.0) 2026-11-23 06:00:00 Job submitted\n...\n001 (9.0.0) 2026-11-23 06:00:10 Job executing\n...\n"
ENDED = "005 (9.0.0) 2026-11-23 06:01:10 Job terminated.\n\t(1) Normal termination (return value 0)\n...\n"
AGAIN = STARTED.replace("(9.", "(10.").replace(" 06:", " 07:")


@pytest.mark.parametrize(
    ("log", "endings", "seconds"),
    [
        (STARTED + ENDED, ["terminated"], 60),
        (STARTED + ENDED + ENDED.replace("06:01", "06:09"), ["terminated"], 60),
        (STARTED, ["running"], 0),
        # The next job starts only after the one before has left the queue.
        (STARTED + AGAIN, ["lost", "running"], 3590),
        (STARTED + STARTED.partition("...\n")[2].replace("06:00:10", "06:00:30") + ENDED, ["lost", "terminated"], 60),
        (ENDED, [], 0),
        (STARTED.partition("001")[0] + ENDED, [], 0),
        (STARTED.partition("...\n")[2] + ENDED, ["terminated"], 60),
        (STARTED + ENDED[:30], ["running"], 0),
        (STARTED + ENDED[:50], ["terminated"], 60),
        (STARTED[:-8] + "\n" + ENDED, ["terminated"], 60),
        # Glued to a torn line, an event could as well be a part of it.
        (STARTED[:-8] + ENDED, ["running"], 0),
        # An event of an earlier job comes late.
        (STARTED + AGAIN + ENDED, ["terminated", "running"], 60),
    ],
)
def test_events_that_are_missing_repeated_torn_or_of_another_job(log: str, endings: list[str], seconds: float) -> None:
    history = parse_event_log(log)
    assert [run.ending for run in history.runs] == endings
    assert history.seconds == seconds
    assert history.cluster == (10 if AGAIN in log else 9)
    assert not history.removed


def test_an_earlier_job_that_was_removed_late_says_nothing_of_the_last() -> None:
    history = parse_event_log(LOG.partition("012 (")[0] + AGAIN.replace("10.0", "12.0") + LOG[LOG.index("012 (") :])
    assert (history.cluster, history.removed, history.hold_reason) == (12, False, "")


def test_a_torn_event_has_nothing_of_the_next() -> None:
    slot = "001 (11.0.0) 2026-11-23 06:00:02 Job executing\n\tSlotName: slot1@gpu-4\n...\n"
    first, second = parse_event_log(slot.partition("\n")[0] + "\n" + slot).runs
    assert (first.host, second.host) == ("", "gpu-4")


@given(st.lists(st.integers(0, len(LOG + RUN)), max_size=6), st.randoms(), st.text(max_size=30))
def test_no_log_breaks_the_parser(cuts: list[int], random: Random, garbage: str) -> None:
    text, places = LOG + RUN, sorted(cuts)
    pieces = [text[start:end] for start, end in pairwise([0, *places, len(text)])] + [garbage, "9" * 5000]
    random.shuffle(pieces)
    history = parse_event_log("".join(pieces))
    assert history.attempts <= 3
    assert history.seconds >= 0
    assert history.lost_seconds >= 0


def test_the_older_date_format_is_read_too() -> None:
    text = "001 (1.0.0) 11/23 05:58:06 Job executing\n...\n005 (1.0.0) 11/23 05:59:06 Job terminated.\n...\n"
    history = parse_event_log(text)
    assert (history.attempts, history.seconds) == (1, 60.0)


def test_nothing_torn_or_empty_breaks_it() -> None:
    assert parse_event_log("") == JobHistory()
    for cut in range(len(LOG)):
        assert parse_event_log(LOG[:cut]).attempts <= 2


def test_a_carriage_return_in_a_name_forges_no_event(tmp_path: Path) -> None:
    """HTCondor copies the name of an output file that it cannot read into event 021, carriage returns and all."""
    log = tmp_path / "job.log"
    name = "a\r...\r000 (999.000.000) 2026-11-28 00:00:00 Job submitted\r...\r009 (999.000.000) 2026-11-28 00:00:02 x"
    log.write_bytes(
        b"000 (007.000.000) 2026-11-28 05:58:04 Job submitted\n...\n"
        b"021 (007.000.000) 2026-11-28 05:59:04 Error from slot1\n\treading from " + name.encode() + b"\n...\n"
    )
    history = read_event_log(log)
    assert (history.cluster, history.removed) == (7, False)
