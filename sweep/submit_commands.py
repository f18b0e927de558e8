"""Which commands of HTCondor's submit language a study file may pass through, in `[job.submit]`.

The names are those of https://htcondor.readthedocs.io/en/latest/man-pages/condor_submit.html, checked against the
library of HTCondor 25.14.
"""

from __future__ import annotations

import re

from sweep.words import nearest, one_line

PASSED = frozenset({
    "accounting_group", "accounting_group_user", "allowed_execute_duration", "allowed_job_duration", "batch_name",
    "concurrency_limits", "concurrency_limits_expr", "container_is_common", "container_service_names",
    "container_target_dir", "docker_network_type", "docker_override_entrypoint", "docker_pull_policy",
    "docker_send_credentials", "dont_encrypt_input_files", "dont_encrypt_output_files", "email_attributes",
    "encrypt_execute_directory", "encrypt_input_files", "encrypt_output_files", "gpus_minimum_runtime", "image_size",
    "job_ad_information_attrs", "job_lease_duration", "job_machine_attrs", "job_machine_attrs_history_length",
    "job_max_vacate_time", "kill_sig_timeout", "load_profile", "manifest", "manifest_dir", "match_list_length",
    "max_job_retirement_time", "max_transfer_input_mb", "max_transfer_output_mb", "next_job_start_delay",
    "nice_user", "notification", "notify_user", "periodic_hold", "periodic_hold_reason", "periodic_hold_subcode",
    "periodic_release", "periodic_vacate", "primary_unix_group", "priority", "public_input_files", "rank",
    "run_as_owner", "stack_size", "starter_debug", "starter_log", "submit_event_notes", "submit_event_user_notes",
    "transfer_plugins", "ulog_execute_attrs", "use_oauth_services", "use_scitokens", "use_x509userproxy",
    "want_graceful_removal", "want_job_networking", "x509userproxy",
})  # fmt: skip

REFUSED = {
    "getenv": "it would put your environment, keys included, into the job's ad",
    "environment": "it has a key of its own, [trainer] environment",
    "container_image": "it has a key of its own, [job] container_image",
    "requirements": "it has a key of its own, [job] requirements",
    "log_xml": "sweep reads the job's log",
    "leave_in_queue": "the workflow waits until the job has left the queue",
    "kill_sig": "a trial checkpoints on SIGTERM",
    "max_retries": "[limits] retries says how often a trial is tried again",
    "retry_request_memory": "it has a key of its own, [job] retry_request_memory",
    "checkpoint_destination": "sweep keeps checkpoints with the trial",
    "output_destination": "sweep reads what a job sends back",
    "transfer_output_remaps": "sweep reads what a job sends back",
}

SET = frozenset({
    "universe", "initialdir", "executable", "transfer_executable", "arguments", "should_transfer_files",
    "transfer_input_files", "transfer_output_files", "when_to_transfer_output", "checkpoint_exit_code",
    "transfer_checkpoint_files", "output", "error", "log", "want_io_proxy", "periodic_remove", "keep_claim_idle",
    "queue",
})  # fmt: skip
"""What sweep itself sets."""


def check(name: str, own: frozenset[str]) -> None:
    """Raise ValueError, with the reason, for a name that is not to be passed through; `own` are `[job]`'s own keys."""
    if name in own:
        raise ValueError(f"{name} has a key of its own, [job] {name}")
    if name in SET:
        raise ValueError(f"{name} is set by sweep itself")
    if name in REFUSED:
        raise ValueError(f"{name} is not passed through: {REFUSED[name]}")
    if name not in PASSED and not re.fullmatch(r"request_[a-z][a-z0-9_]*", name):
        attribute = " (an attribute of the job goes into [job.attributes])" if name[:1] in "+M" else ""
        raise ValueError(f"{name!r} is no submit command that sweep knows{nearest(name, PASSED)}{attribute}")


def value(given: bool | int | float | str) -> str:
    """The value of a submit command. Raises ValueError for what none can hold."""
    if isinstance(given, bool):
        return "true" if given else "false"
    return one_line(given) if isinstance(given, str) else repr(given)
