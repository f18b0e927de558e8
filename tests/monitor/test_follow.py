"""Following a sweep on the screen."""

from __future__ import annotations

from sweep.monitor.follow import last_script_error


def test_the_words_of_the_script_that_failed_last_are_found() -> None:
    log = (
        "*** Node=trial-00000 Type=POST ExitCode=0 Completion=1 Cmd='./harvest 0 0'\nfine\n"
        "*** Node=trial-00001 Type=POST ExitCode=1 Completion=2 Cmd='./harvest 1 0'\nthe disk\nis full\n"
        "*** Node=trial-00002 Type=POST ExitCode=75 Completion=3 Cmd='./harvest 2 9'\nagain\n"
    )
    assert last_script_error(log) == "the disk\nis full"
    assert last_script_error(log.replace("ExitCode=1 ", "ExitCode=0 ")) == ""
    assert "ExitCode=2" in last_script_error("*** Node=a Type=PRE ExitCode=2 Completion=1\n")
    assert last_script_error("") == ""
