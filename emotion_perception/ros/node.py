"""The base of every node: lifecycle with autostart, checked parameters, watched connections, diagnostics."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Generic

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from lifecycle_msgs.msg import State as StateMessage
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn
from rclpy.lifecycle import LifecycleState as State
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile

from emotion_perception.core.errors import ParameterError, PerceptionError
from emotion_perception.ros import parameters as declared
from emotion_perception.ros.connections import Input, Output
from emotion_perception.ros.health import Health, Level, Problem
from emotion_perception.ros.parameters import Applies, Parameters
from emotion_perception.ros.qos import RELIABLE


class PerceptionNode(LifecycleNode, Generic[Parameters]):
    """A managed node. A subclass names its parameters and says what to do at each transition:

    configure: load models, open outputs. Raises PerceptionError with a sentence when it cannot.
    activate: open inputs, start threads.
    deactivate: end what activate began; also called after a failed activate.
    cleanup: end what configure began; also called after a failed configure.

    `input` and `output` open connections that are closed by themselves: inputs at deactivate, outputs at cleanup.
    """

    PARAMETERS: type[Parameters]

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, **options)
        #: Held during transitions; they come from the executor, and at the end of a run from another thread.
        self.transition = threading.RLock()
        self._inputs: list[Input] = []
        self._outputs: list[Output] = []
        self._details: dict[str, str] = {}
        self.health = Health(self._log_problem)
        self.failure: str | None = None
        self.on_failure: Callable[[str], None] = lambda sentence: None
        self._change_state = self._service_change_state.callback
        self._service_change_state.callback = self._change_state_if_possible
        declared.declare(self, self.PARAMETERS)
        self.parameters: Parameters = self.PARAMETERS()
        self.add_on_set_parameters_callback(self._check_parameters)
        self.add_post_set_parameters_callback(self._apply_live_parameters)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", RELIABLE)
        # Watchdogs go by the steady clock: with use_sim_time and no /clock a node-clock timer never fires.
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._tick = self.create_timer(1.0, self._watch, clock=self._steady)
        self._autostart = self.create_timer(0.0, self._start_by_itself, clock=self._steady)

    # What subclasses fill in and use

    def configure(self) -> None:
        """Load what the node works with."""

    def activate(self) -> None:
        """Begin to work."""

    def deactivate(self) -> None:
        """Stop working."""

    def cleanup(self) -> None:
        """Let go of what configure loaded."""

    def input(self, kind: type, topic: str, callback: Callable[[Any], None], qos: QoSProfile, **options: Any) -> Input:
        """Subscribe until the node is deactivated."""
        made = Input(self, self.health, kind, topic, callback, qos, **options)
        self._inputs.append(made)
        return made

    def output(self, kind: type, topic: str, qos: QoSProfile, **options: Any) -> Output:
        """Publish until the node is cleaned up."""
        made = Output(self, self.health, kind, topic, qos, **options)
        self._outputs.append(made)
        return made

    def close_inputs(self) -> None:
        """End every subscription made with `input`."""
        while self._inputs:
            self._inputs.pop().close()

    def detail(self, key: str, value: str) -> None:
        """Show a value in diagnostics, e.g. the model."""
        self._details[key] = value

    @property
    def active(self) -> bool:
        """Whether the node is in the active state."""
        return bool(self._state_machine.current_state[0] == StateMessage.PRIMARY_STATE_ACTIVE)

    # Lifecycle: rclpy swallows what these raise without a log line, so nothing may escape

    def on_configure(self, state: State) -> TransitionCallbackReturn:
        """Check the parameters and configure."""
        return self._attempt("configure", self._load_and_configure, self._clean)

    def on_activate(self, state: State) -> TransitionCallbackReturn:
        """Activate."""
        return self._attempt("activate", self.activate, self._halt)

    def on_deactivate(self, state: State) -> TransitionCallbackReturn:
        """Deactivate and close the inputs."""
        return self._attempt("deactivate", self._halt)

    def on_cleanup(self, state: State) -> TransitionCallbackReturn:
        """Clean up and close the outputs."""
        return self._attempt("cleanup", self._clean)

    def on_shutdown(self, state: State) -> TransitionCallbackReturn:
        """End everything, whatever the state."""
        return self._attempt("shutdown", self._stop)

    def on_error(self, state: State) -> TransitionCallbackReturn:
        """End everything; the node can be configured again."""
        return self._attempt("error", self._stop)

    def destroy_node(self) -> None:
        """End everything and leave the graph."""
        self._attempt("shutdown", self._stop)
        super().destroy_node()

    def _change_state_if_possible(
        self, request: ChangeState.Request, response: ChangeState.Response
    ) -> ChangeState.Response:
        """Refuse a transition that the state has not; rclpy would raise, which ends the executor and all its nodes."""
        asked = request.transition
        if asked.label or asked.id in (transition[0] for transition in self._state_machine.available_transitions):
            return self._change_state(request, response)
        state = self._state_machine.current_state[1]
        self.get_logger().warning(
            f"transition {asked.id} was asked for and refused: it is not one of the state {state}"
        )
        response.success = False
        return response

    def _attempt(
        self, what: str, action: Callable[[], None], undo: Callable[[], None] = lambda: None
    ) -> TransitionCallbackReturn:
        try:
            with self.transition:
                action()
        except PerceptionError as error:
            sentence = str(error)
        except Exception as error:
            sentence = f"{what} failed ({type(error).__name__}: {error})"
            self.get_logger().debug(traceback.format_exc())
        else:
            self.failure = None
            self.health.clear("lifecycle")
            return TransitionCallbackReturn.SUCCESS
        self.failure = f"{self.get_name()}: {sentence}"
        self._undo(undo)
        self.health.problem("lifecycle", sentence)
        self.on_failure(self.failure)
        return TransitionCallbackReturn.FAILURE

    def _undo(self, undo: Callable[[], None]) -> None:
        try:
            undo()
        except Exception as error:
            self.get_logger().warning(f"undoing a failed transition failed too ({type(error).__name__}: {error})")

    def _load_and_configure(self) -> None:
        self.parameters = declared.load(self, self.PARAMETERS)
        self.configure()

    def _halt(self) -> None:
        self.health.clear_all()
        self.close_inputs()
        self.deactivate()

    def _clean(self) -> None:
        self.cleanup()
        while self._outputs:
            self._outputs.pop().close()
        self._details.clear()

    def _stop(self) -> None:
        self._halt()
        self._clean()

    def _start_by_itself(self) -> None:
        self._autostart.cancel()
        try:
            wanted = declared.checked(self.PARAMETERS, "autostart", self.get_parameter("autostart").value)
        except ParameterError as error:
            self.failure = f"{self.get_name()}: {error}"
            self.health.problem("lifecycle", str(error))
            self.on_failure(self.failure)
            return
        if wanted and self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    # Parameters

    def _check_parameters(self, changes: list[Parameter]) -> SetParametersResult:
        names = self.PARAMETERS.__dataclass_fields__
        try:
            for change in changes:
                if change.name in names:
                    declared.checked(self.PARAMETERS, change.name, change.value)
        except ParameterError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _apply_live_parameters(self, changes: list[Parameter]) -> None:
        fields = self.PARAMETERS.__dataclass_fields__
        live = {
            change.name: declared.checked(self.PARAMETERS, change.name, change.value)
            for change in changes
            if change.name in fields and fields[change.name].metadata["applies"] is Applies.LIVE
        }
        if live:
            self.parameters = replace(self.parameters, **live)

    # Diagnostics

    def _watch(self) -> None:
        for source in self._inputs:
            source.check()
        for sink in self._outputs:
            sink.check()
        self.health.check_drops()
        level, message = self.health.status()
        values = {"state": self._state_machine.current_state[1]} | self._details | self.health.values()
        status = DiagnosticStatus(
            level=bytes([level]),
            name=self.get_fully_qualified_name().lstrip("/"),
            message=message,
            hardware_id="",
            values=[KeyValue(key=key, value=value) for key, value in values.items()],
        )
        array = DiagnosticArray(status=[status])
        array.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(array)

    def _log_problem(self, key: str, problem: Problem | None) -> None:
        logger = self.get_logger()
        if problem is None:
            logger.info(f"{key}: all right again")
        elif problem.level is Level.ERROR:
            logger.error(problem.sentence)
        else:
            logger.warning(problem.sentence)
