from __future__ import annotations

import re
import signal
import threading
import time

import pytest

from sweep.system.time_limit import TooSlowError, cpu_limit


def test_a_regular_expression_is_stopped() -> None:
    with pytest.raises(TooSlowError, match=r"took more than 0\.05 s of processor time"), cpu_limit(0.05):
        re.search(r"^((?:a+)+)$", "a" * 40 + "b")


def compute_for_ever() -> None:
    while True:
        pass


def test_a_loop_is_stopped() -> None:
    with pytest.raises(TooSlowError), cpu_limit(0.05):
        compute_for_ever()


def test_waiting_takes_no_processor_time() -> None:
    with cpu_limit(0.05):
        time.sleep(0.1)


def test_afterwards_there_is_no_limit() -> None:
    before = signal.getsignal(signal.SIGVTALRM)
    with cpu_limit(10):
        pass
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)
    assert signal.getsignal(signal.SIGVTALRM) == before


def test_another_thread_computes_without_limit() -> None:
    found = []

    def compute() -> None:
        with cpu_limit(0.001):
            found.append(sum(range(10**6)))

    thread = threading.Thread(target=compute)
    thread.start()
    thread.join()
    assert found == [499999500000]
