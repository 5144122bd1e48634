"""Executes graphs node by node, with cache, events and interruption."""

import inspect
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tools.doubles.comfyui.faults import NODE_ERRORS, TRACEBACK, NodeError, encode_picture
from tools.doubles.comfyui.files import FileStore
from tools.doubles.comfyui.operations import OPERATIONS, hash_changes
from tools.doubles.comfyui.options import DoubleOptions
from tools.doubles.comfyui.sockets import SocketHub
from tools.doubles.comfyui.validation import Graph


@dataclass
class GraphJob:
    """A job in the queue: a valid graph, the outputs to execute, and the fault to show."""

    number: float
    prompt_id: str
    graph: Graph
    extra_data: dict[str, Any]
    outputs: list[str]
    fault: str = ""
    sequence: int = 0

    @property
    def client_id(self) -> str | None:
        """The client that receives its events; None if none does."""
        return self.extra_data.get("client_id")

    @property
    def listing(self) -> list:
        """The job as /queue and the history list it."""
        return [self.number, self.prompt_id, self.graph, self.extra_data, self.outputs]


class GraphInterrupted(Exception):
    """Somebody stopped the job."""


@dataclass
class GraphResult:
    """The outputs by node, the messages, and whether the job succeeded."""

    outputs: dict[str, Any] = field(default_factory=dict)
    messages: list[list] = field(default_factory=list)
    is_success: bool = True

    @property
    def status(self) -> dict[str, Any]:
        """The status in the history."""
        word = "success" if self.is_success else "error"
        return {"status_str": word, "completed": self.is_success, "messages": self.messages}


# Waits for a step of a job: its share done, 0 to 1; raises GraphInterrupted.
WaitForStep = Callable[[GraphJob, float, float], Awaitable[None]]


class GraphExecutor:
    """Executes one job at a time, and keeps the results of the nodes of the last one."""

    def __init__(
        self,
        options: DoubleOptions,
        hub: SocketHub,
        files: FileStore,
        wait: WaitForStep,
    ) -> None:
        self.options, self.hub, self.files, self.wait = options, hub, files, wait
        self.cache: dict[str, tuple[tuple, dict]] = {}
        self.image_requests: list[dict] = []
        self._never_cached = 0

    async def execute(self, job: GraphJob) -> GraphResult:
        """Executes a job and sends its events, except the last one about its end."""
        return await _JobRun(self, job).run()

    def keep_cached(self, keys: dict[str, str]) -> list[str]:
        """Drops what a graph does not use; returns its nodes in the cache, given all its keys."""
        used = set(keys.values())
        self.cache = {key: value for key, value in self.cache.items() if key in used}
        return [node_id for node_id, key in keys.items() if key in self.cache]

    def hash_node(self, graph: Graph, node_id: str, keys: dict[str, str]) -> str:
        """Adds the keys of a node and of all before it to `keys`; returns that of the node."""
        if node_id in keys:
            return keys[node_id]
        node = graph[node_id]
        inputs = {
            name: [self.hash_node(graph, value[0], keys), value[1]]
            if isinstance(value, list)
            else value
            for name, value in sorted(node["inputs"].items())
        }
        change = hash_changes(self.files, node["class_type"], node["inputs"])
        if change is None:
            self._never_cached += 1
            change = str(self._never_cached)
        keys[node_id] = json.dumps([node["class_type"], inputs, change])
        return keys[node_id]


class _JobRun:
    """One execution of a job."""

    def __init__(self, executor: GraphExecutor, job: GraphJob) -> None:
        self.executor, self.job, self.result = executor, job, GraphResult()
        self.keys: dict[str, str] = {}
        self.progress: dict[str, dict] = {}
        self.executed: list[str] = []

    async def run(self) -> GraphResult:
        self.add_message("execution_start")
        for node_id in self.job.outputs:
            self.executor.hash_node(self.job.graph, node_id, self.keys)
        self.add_message("execution_cached", nodes=self.executor.keep_cached(self.keys))
        try:
            for node_id in self.job.outputs:
                await self.execute_node(node_id)
        except GraphInterrupted:
            self.result.is_success = False
        if self.result.is_success and self.job.fault != "no end event":
            self.add_message("execution_success")
        return self.result

    def add_message(self, event: str, **data: object) -> None:
        """Sends an event about the job and adds it to the history; execution_interrupted reaches
        every client if the job has none."""
        data = {"prompt_id": self.job.prompt_id, **data, "timestamp": int(time.time() * 1000)}
        self.result.messages.append([event, data])
        if self.job.client_id is not None or event == "execution_interrupted":
            self.executor.hub.send(event, data, self.job.client_id)

    def send(self, event: str, **data: object) -> None:
        """Sends an event about the job to its client."""
        if self.job.client_id is not None:
            data = {**data, "prompt_id": self.job.prompt_id}
            self.executor.hub.send(event, data, self.job.client_id)

    async def execute_node(self, node_id: str) -> tuple:
        """Returns the outputs of a node, after it and all before it were executed."""
        key = self.keys[node_id]
        if key in self.executor.cache:
            outputs, shown = self.executor.cache[key]
            if node_id in self.job.outputs:
                self._show_cached(node_id, shown)
            return outputs
        node = self.job.graph[node_id]
        inputs = {}
        for name, value in node["inputs"].items():
            is_link = isinstance(value, list)
            inputs[name] = (await self.execute_node(value[0]))[value[1]] if is_link else value
        return await self._execute_uncached(node_id, node["class_type"], inputs)

    def _show_cached(self, node_id: str, shown: dict) -> None:
        self.executed.append(node_id)
        self.send_progress(node_id, 1, 1, "finished")
        if shown and (self.job.client_id or self.executor.options.behavior.records_cached_outputs):
            self.result.outputs[node_id] = shown
            self.send("executed", node=node_id, display_node=node_id, output=shown)

    async def _execute_uncached(self, node_id: str, class_type: str, inputs: dict) -> tuple:
        run = _NodeRun(self, node_id)
        self.send_progress(node_id, 0, 1, "running")
        self.send("executing", node=node_id, display_node=node_id)
        try:
            await self.executor.wait(self.job, 0.0, 0.0)
            outputs = OPERATIONS[class_type](run, **inputs)
            if inspect.isawaitable(outputs):
                outputs = await outputs
        except GraphInterrupted:
            self.add_message("execution_interrupted", **self._describe_node(node_id))
            raise
        except Exception as error:
            self._add_error(node_id, inputs, error)
            raise GraphInterrupted from error
        if run.shown:
            self.result.outputs[node_id] = run.shown
            self.send("executed", node=node_id, display_node=node_id, output=run.shown)
        self.executor.cache[self.keys[node_id]] = outputs, run.shown
        self.executed.append(node_id)
        self.send_progress(node_id, 1, 1, "finished")
        return outputs

    def _describe_node(self, node_id: str) -> dict[str, Any]:
        node_type = self.job.graph[node_id]["class_type"]
        return {"node_id": node_id, "node_type": node_type, "executed": self.executed}

    def _add_error(self, node_id: str, inputs: dict, error: Exception) -> None:
        self.add_message(
            "execution_error",
            **self._describe_node(node_id),
            exception_message=f"{error}\n",
            exception_type=error.kind if isinstance(error, NodeError) else type(error).__name__,
            traceback=TRACEBACK,
            current_inputs={name: [str(value)[:500]] for name, value in inputs.items()},
            current_outputs=[],
        )

    def send_progress(self, node_id: str, value: float, total: float, state: str) -> None:
        """Sends the progress of every node that has started."""
        self.progress[node_id] = {
            "value": value,
            "max": total,
            "state": state,
            "node_id": node_id,
            "prompt_id": self.job.prompt_id,
            "display_node_id": node_id,
            "parent_node_id": None,
            "real_node_id": node_id,
        }
        if self.executor.options.behavior.reports_node_states:
            self.send("progress_state", nodes=self.progress)


class _NodeRun:
    """What a node can do while it runs: the protocol NodeRun of its operations."""

    def __init__(self, run: _JobRun, node_id: str) -> None:
        self._run, self._node_id = run, node_id
        self.fault, self.files = run.job.fault, run.executor.files
        self.graph_json = json.dumps(run.job.graph)
        self.shown: dict[str, Any] = {}

    def record_sampling(self, request: dict[str, Any]) -> None:
        self._run.executor.image_requests.append(dict(request))
        if self.fault in NODE_ERRORS:
            raise NodeError(*NODE_ERRORS[self.fault])

    async def report_step(self, step: int, steps: int, preview: np.ndarray | None = None) -> None:
        executor, job = self._run.executor, self._run.job
        await executor.wait(job, step / steps, 1 / steps)
        self._run.send_progress(self._node_id, step, steps, "running")
        self._run.send("progress", value=step, max=steps, node=self._node_id)
        if executor.options.previews and preview is not None:
            self._send_picture("JPEG", encode_picture(preview, "JPEG"))
        if step == steps // 2:
            self._misbehave(executor.hub)

    def send_picture(self, step: int, steps: int, fmt: str, data: bytes) -> None:
        self._run.send_progress(self._node_id, step, steps, "running")
        self._run.send("progress", value=step, max=steps, node=self._node_id)
        self._send_picture(fmt, data)
        if self.fault == "socket closed after picture":
            self._run.executor.hub.close_socket(self._run.job.client_id)

    def show(self, **output: object) -> None:
        self.shown = output

    def _send_picture(self, fmt: str, data: bytes) -> None:
        job = self._run.job
        ids = dict.fromkeys(("node_id", "display_node_id", "real_node_id"), self._node_id)
        metadata = ids | {"parent_node_id": None, "prompt_id": job.prompt_id}
        if job.client_id is not None:
            self._run.executor.hub.send_picture(fmt, data, metadata, job.client_id)

    def _misbehave(self, hub: SocketHub) -> None:
        match self.fault:
            case "socket closed":
                hub.close_socket(self._run.job.client_id)
            case "socket reset":
                hub.reset_socket(self._run.job.client_id)
            case "broken frames":
                hub.send_broken_frames(self._run.job.client_id)
