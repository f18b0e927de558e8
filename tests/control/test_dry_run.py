"""What a launch would do, told without doing it."""

from __future__ import annotations

from sweep.control.dry_run import dry_run
from sweep.nodes.propose import propose
from sweep.optimizer.stored_study import StoredStudy
from sweep.study.study import Study
from tests.actions import harvest
from tests.samples import GOOD

RAN = (
    "000 (001.000.000) 2026-11-23 05:00:00 Job submitted\n...\n"
    "001 (001.000.000) 2026-11-23 05:00:00 Job executing\n...\n"
    "005 (001.000.000) 2026-11-23 05:02:00 Job terminated.\n...\n"
)


def test_it_counts_estimates_and_writes_what_would_be_submitted(study: Study) -> None:
    said = dry_run(study, 5)
    assert said[0] == "5 generations of 3 trials: 15 trials, of which 0 have ended."
    assert said[1] == "To submit: 15 jobs of trials, and 6 of DAGMan. The sweep runs at most 3 trials in parallel."
    assert "memory 512 MB" in said[2]
    assert said[3].endswith("To measure one, run: sweep try --study tiny")
    assert StoredStudy.open(study, writing=False).rows() == []
    assert study.paths.trial_numbers() == []
    written = {file.name: file.read_text() for file in (study.paths.root / "dry-run").iterdir()}
    assert written.keys() == {"study.dag", "trial.sub", "generation-0000.dag"}
    assert not study.paths.outer_dag.exists()

    # It shows the trials that the sweep will have.
    trials = propose(study, 0)
    assert written["generation-0000.dag"] == study.paths.generation_dag(0).read_text()
    for trial in trials:
        study.paths.trial(trial.number).metrics.write_text(GOOD)
        study.paths.trial(trial.number).job_log.write_text(RAN)
        harvest(study.paths, trial.number, 0)
    said = dry_run(study, 5)
    assert said[0].endswith("of which 3 have ended.")
    assert said[1].startswith("To submit: 12 jobs of trials, and 5 of DAGMan")
    assert said[3] == "About 0.4 slot hours: 12 trials of 2 epochs, 60 s each in the 3 trials that ended."
