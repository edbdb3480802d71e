/**
 * An Ansible callback plugin that appends one JSON object per event to a file. Kept as text, so that it is part of the
 * bundle; written to scratch for each run. Ansible hands callbacks results in which `no_log` values are replaced.
 */
export const CALLBACK_NAME = "codemonkeys_events";
export const CALLBACK_FILE_VARIABLE = "CODEMONKEYS_ANSIBLE_EVENTS";

export const CALLBACK_PLUGIN = `
from __future__ import annotations

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: codemonkeys_events
type: notification
short_description: appends each event as a line of JSON to a file
description: [used by Code Monkeys Ship to follow a playbook]
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "codemonkeys_events"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._file = open(os.environ["CODEMONKEYS_ANSIBLE_EVENTS"], "a", encoding="utf-8")
        self._play = ""

    def _tell(self, event, **more):
        self._file.write(json.dumps({"event": event, **more}, default=str) + "\\n")
        self._file.flush()

    def _told(self, event, result, **more):
        values = result._result
        said = [values.get("msg") or values.get("reason") or values.get("censored") or ""]
        # Of a loop, what its failed items said; of a validation, what is wrong.
        items = [item for item in values.get("results") or [] if isinstance(item, dict) and item.get("failed")]
        said = [item["msg"] for item in items if item.get("msg")] or said
        said += values.get("argument_errors") or []
        message = " ".join(text if isinstance(text, str) else json.dumps(text, default=str) for text in said)
        streams = [values.get(key) for key in ("stderr", "module_stderr", "stdout", "module_stdout")]
        output = next((text for text in streams if isinstance(text, str) and text.strip()), "")
        self._tell(
            event,
            host=result._host.get_name(),
            play=self._play,
            task=result._task.get_name(),
            path=result._task.get_path() or "",
            message=message,
            output=output[-4000:],
            changed=bool(values.get("changed")),
            **more,
        )

    def v2_playbook_on_play_start(self, play):
        self._play = play.get_name()
        self._tell("play", play=self._play)

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._tell("task", play=self._play, task=task.get_name(), path=task.get_path() or "")

    def v2_playbook_on_handler_task_start(self, task):
        self.v2_playbook_on_task_start(task, False)

    def v2_playbook_on_no_hosts_matched(self):
        self._tell("no_hosts", play=self._play)

    def v2_runner_on_ok(self, result):
        self._told("ok", result)

    def v2_runner_on_skipped(self, result):
        self._told("skipped", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._told("failed", result, ignored=bool(ignore_errors))

    def v2_runner_on_unreachable(self, result):
        self._told("unreachable", result)

    def v2_runner_retry(self, result):
        self._told("retry", result)

    def v2_playbook_on_stats(self, stats):
        hosts = {host: stats.summarize(host) for host in sorted(stats.processed)}
        self._tell("stats", hosts=hosts, data=stats.custom.get("_run", {}))
`;
