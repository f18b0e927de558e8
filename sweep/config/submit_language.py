"""HTCondor's submit language and ClassAds, as far as a study file may write in them: names, and values quoted."""

from __future__ import annotations

import re

from sweep.config.command import escape_macros
from sweep.config.text import check_one_line, did_you_mean
from sweep.pool.classads import is_expression
from sweep.trial.spec import ParamValue


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ALLOWED = _words("""
    accounting_group accounting_group_user allowed_execute_duration allowed_job_duration aws_access_key_id_file
    aws_region aws_secret_access_key_file batch_name concurrency_limits concurrency_limits_expr container_is_common
    container_target_dir coresize cuda_version description dont_encrypt_input_files dont_encrypt_output_files
    email_attributes encrypt_execute_directory encrypt_input_files encrypt_output_files gpus_minimum_runtime
    gs_access_key_id_file gs_secret_access_key_file image_size job_ad_information_attrs job_lease_duration
    job_machine_attrs job_machine_attrs_history_length job_max_vacate_time kill_sig_timeout match_list_length
    max_job_retirement_time max_transfer_input_mb max_transfer_output_mb mount_under_scratch nice_user notification
    notify_user periodic_hold periodic_hold_reason periodic_hold_subcode periodic_vacate primary_unix_group priority
    rank run_as_owner scitokens_file stack_size starter_debug starter_log stream_error stream_output
    submit_event_notes submit_event_notes_attrs submit_event_user_notes transfer_container transfer_plugins
    ulog_execute_attrs use_oauth_services use_scitokens use_x509userproxy want_graceful_removal want_job_networking
    x509userproxy
""")
"""Submit commands that a study may add: of the manual page htcondor-jdl of HTCondor 25.14 those for jobs of the vanilla
universe that sweep has no part in."""


_PATTERNS = re.compile(r"request_[a-z0-9_]+|[a-z0-9_]+_oauth_(permissions|resource)(_[a-z0-9_]+)?")
"""Those of them that end in a name: resources of a pool's own, tokens of a service."""


_FILE_COMMANDS = _words("""
    initialdir log error output input transfer_executable transfer_input_files public_input_files transfer_output_files
    transfer_output_remaps transfer_checkpoint_files should_transfer_files when_to_transfer_output output_destination
    output_directory preserve_relative_paths skip_if_dataflow skip_filechecks stream_input
    erase_output_and_error_on_restart
""")


_FILES = "sweep knows which files a trial needs and leaves; yours: [trainer] inputs"


_ENDING_COMMANDS = _words("""
    max_retries retry_until success_exit_code on_exit_hold on_exit_hold_reason on_exit_hold_subcode on_exit_remove
    periodic_release periodic_remove retry_request_memory_increase retry_request_memory_max
""")


_ENDING = "sweep judges how a job ended, and tries again: [limits] retries"


_SIGNAL_COMMANDS = ("kill_sig", "remove_kill_sig", "hold_kill_sig")


_SIGNAL = "on SIGTERM, HTCondor's default, trials write their checkpoint"


OURS = {
    "universe": "trials are vanilla jobs; in a container: container_image in [job]",
    "queue": "each node of the workflow is one job",
    "executable": "it is the trainer, or [trainer] command",
    "shell": "it is the trainer, or [trainer] command",
    "arguments": "they are the trainer's, or [trainer] command",
    "environment": "set [trainer] environment",
    "getenv": "it would copy your environment, and what is secret in it, into every job",
    "include": "only sweep's own files are read",
    "checkpoint_destination": "checkpoints come to the access point, where sweep keeps them",
    "checkpoint_exit_code": "85 hands a checkpoint over: see checkpoint_every in [job]",
    "keep_claim_idle": "lanes set it",
    "hold": "nothing would release it",
    "docker_image": "set container_image in [job]",
    "noop_job": "then no trial would run",
    "leave_in_queue": "a node of the workflow ends when its job has left the queue",
    "retry_request_disk": "a full disk is tried again elsewhere: [limits] retries",
    **dict.fromkeys(_FILE_COMMANDS, _FILES),
    **dict.fromkeys(_ENDING_COMMANDS, _ENDING),
    **dict.fromkeys(_SIGNAL_COMMANDS, _SIGNAL),
}
"""Submit commands that sweep sets itself, or that would break it, and why."""


_RESERVED = frozenset(["error", "false", "is", "isnt", "my", "parent", "target", "true", "undefined"])


def check_command(name: str, own_keys: frozenset[str]) -> None:
    """Raises ValueError for what is no submit command that a study may add; `own_keys` are those of `[job]` itself."""
    low = name.lower()
    if name.startswith("+") or low.startswith("my."):
        raise ValueError(f"{name!r} is a job attribute: write {name.lstrip('+')} in [job.attributes]")
    if low in own_keys:
        raise ValueError(f"{name} has its place in [job]: {low} = …")
    if low in OURS:
        raise ValueError(f"{name} is sweep's own: {OURS[low]}")
    if low not in ALLOWED and not _PATTERNS.fullmatch(low):
        raise ValueError(f"{name!r} is no submit command for a trial{did_you_mean(low, ALLOWED)}")


def check_attribute(name: str) -> None:
    """Raises ValueError for what is no name of a job attribute, or one of sweep's own."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or name.lower() in _RESERVED:
        raise ValueError(f"{name!r} is no name of a ClassAd attribute: letters, digits and _, without the +")
    if name.lower().startswith("sweep"):
        raise ValueError(f"{name}: attributes that begin with Sweep are sweep's own")


def check_classad(text: str) -> str:
    """An expression in HTCondor's own language as it is. Raises ValueError for what is none."""
    check_one_line(text)
    if not is_expression(text):
        raise ValueError(f"is not a ClassAd expression: {text!r}")
    return text


def check_distinct(names: list[str]) -> None:
    """Raises ValueError for names that HTCondor, which does not tell case, would take for one."""
    low = [name.lower() for name in names]
    if twice := next((name for name in names if low.count(name.lower()) > 1), None):
        raise ValueError(f"{twice} is there twice")


def attribute_value(value: ParamValue) -> str:
    """A value as a ClassAd literal, on the right of `My.Name =`."""
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return escape_macros(f'"{escaped}"')
    return command_value(value)


def command_value(value: ParamValue) -> str:
    """A value on the right of a submit command. Raises ValueError for what no submit description can hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape_macros(check_one_line(value)) if isinstance(value, str) else repr(value)
