"""The parts of HTCondor's submit language and ClassAds that a study file may use: names, expressions, quoted values."""

from __future__ import annotations

import re

from sweep.config.command import escape_macros
from sweep.config.text import check_macros, check_one_line, did_you_mean, first_duplicate, toml_text
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
"""Submit commands that a study may add: those for the vanilla universe that sweep does not use itself (manual page
htcondor-jdl of HTCondor 25.14)."""


_PATTERNS = re.compile(r"request_[a-z0-9_]+|[a-z0-9_]+_oauth_(permissions|resource)(_[a-z0-9_]+)?")
"""More of them, with a name at the end: custom resources of a pool, tokens of a service."""


_FILE_COMMANDS = _words("""
    initialdir log error output input transfer_executable transfer_input_files public_input_files transfer_output_files
    transfer_output_remaps transfer_checkpoint_files should_transfer_files when_to_transfer_output output_destination
    output_directory preserve_relative_paths skip_if_dataflow skip_filechecks stream_input
    erase_output_and_error_on_restart
""")


_FILES = "sweep transfers the files of a trial; add your own to [trainer] inputs or outputs"


_ENDING_COMMANDS = _words("""
    max_retries retry_until success_exit_code on_exit_hold on_exit_hold_reason on_exit_hold_subcode on_exit_remove
    periodic_release periodic_remove retry_request_memory_increase retry_request_memory_max
""")


_ENDING = "sweep decides how a job ended and retries it; set [limits] retries"


_PROXY = "every job could then read and write your files on the access point"


_PROXY_ATTRIBUTES = ("wantioproxy", "wantremoteupdates")
"""With the first, a job reads and writes files on the access point; with the second, it changes its own job's ad, which
says where its files go."""


_SIGNAL_COMMANDS = ("kill_sig", "remove_kill_sig", "hold_kill_sig")


_SIGNAL = "trials write their checkpoint on SIGTERM, which is HTCondor's default"


REFUSED = {
    "universe": "trials are vanilla jobs; for a container, set container_image in [job]",
    "queue": "each node of the workflow is one job",
    "executable": "set [trainer] command to run your own program",
    "shell": "set [trainer] command to run your own program",
    "arguments": "set [trainer] command to run your own program",
    "environment": "set [trainer] environment",
    "getenv": "it would copy your environment, with its secrets, into every job",
    "include": "a submit description of sweep includes no other file",
    "checkpoint_destination": "sweep keeps checkpoints on the access point",
    "checkpoint_exit_code": "exit code 85 hands a checkpoint over; set checkpoint_every in [job]",
    "keep_claim_idle": "sweep sets it for lanes",
    "hold": "nothing would release the job",
    "docker_image": "set container_image in [job]",
    "noop_job": "no trial would run",
    "want_io_proxy": _PROXY,
    "leave_in_queue": "a node of the workflow ends when its job has left the queue",
    "retry_request_disk": "sweep retries a job with a full disk on another machine; set [limits] retries",
    **dict.fromkeys(_FILE_COMMANDS, _FILES),
    **dict.fromkeys(_ENDING_COMMANDS, _ENDING),
    **dict.fromkeys(_SIGNAL_COMMANDS, _SIGNAL),
}
"""Submit commands that sweep sets itself, or that would break it, with the reason or the key to set instead."""


_RESERVED_WORDS = frozenset(["error", "false", "is", "isnt", "my", "parent", "target", "true", "undefined"])


def check_command(name: str, own_keys: frozenset[str]) -> None:
    """Raise ValueError if a study may not add this submit command. `own_keys` are the keys of `[job]` itself."""
    low = name.lower()
    if name.startswith("+") or low.startswith("my."):
        attribute = name.lstrip("+") if name.startswith("+") else name[len("my.") :]
        check_attribute(attribute)
        raise ValueError(f"{name!r} is a job attribute: write {attribute} in [job.attributes]")
    if low in own_keys:
        raise ValueError(f"{name} belongs in [job], as {low} = …")
    if low in REFUSED:
        raise ValueError(f"{name} is not allowed: {REFUSED[low]}")
    if low not in ALLOWED and not _PATTERNS.fullmatch(low):
        raise ValueError(f"{name!r} is not a submit command that a study may set{did_you_mean(low, ALLOWED)}")


def check_attribute(name: str) -> None:
    """Raise ValueError if this is not a valid name of a job attribute, or one that sweep itself uses."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or name.lower() in _RESERVED_WORDS:
        raise ValueError(f"{name!r} is not a valid name of a job attribute; use letters, digits and _, without the +")
    if name.lower().startswith("sweep"):
        raise ValueError(f"{name} must not begin with Sweep, because sweep uses such attributes itself")
    if name.lower().startswith("chirpsweep"):
        raise ValueError(f"{name} must not begin with ChirpSweep: running trials report their values so")
    if name.lower() in _PROXY_ATTRIBUTES:
        raise ValueError(f"{name} is not allowed: {_PROXY}")


def check_classad(text: str) -> str:
    """Return a ClassAd expression as it is. Raises ValueError if the text is none."""
    check_macros(check_one_line(text), late=True)
    if not is_expression(text):
        raise ValueError(f"must be a ClassAd expression, not {toml_text(text)}")
    return text


def check_distinct(names: list[str]) -> None:
    """Raise ValueError if two names differ in case alone, which HTCondor ignores."""
    if twice := first_duplicate([name.lower() for name in names]):
        raise ValueError(f"has {twice} twice; HTCondor ignores upper and lower case")


def attribute_value(value: ParamValue) -> str:
    """Return a value as a ClassAd literal, for the right side of `My.Name =`."""
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return escape_macros(f'"{escaped}"')
    return command_value(value)


def command_value(value: ParamValue) -> str:
    """Return a value for the right side of a submit command. Raises ValueError if no submit description can hold it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape_macros(check_macros(check_one_line(value), late=True)) if isinstance(value, str) else repr(value)
