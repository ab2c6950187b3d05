"""Where a conversation is: follows the rules of a scenario, and keeps what the person said."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection
from typing import Any

from emotion_perception.core.intents.understanding import Understood
from emotion_perception.core.scenario import variables
from emotion_perception.core.scenario.actions import Action, Enroll, Hush, Report
from emotion_perception.core.scenario.company import Visitor
from emotion_perception.core.scenario.conversation import Consent, Conversation, Occurrence
from emotion_perception.core.scenario.events import Enrolled, Forgotten
from emotion_perception.core.scenario.machine import StateMachine
from emotion_perception.core.scenario.memory import Memory
from emotion_perception.core.scenario.model import Rule, Scenario
from emotion_perception.core.scenario.mouth import Mouth
from emotion_perception.core.scenario.notices import Notices
from emotion_perception.core.scenario.requests import Requests
from emotion_perception.core.scenario.script import Script

#: Seconds of silence before the robot turns to somebody who came nearer.
POLITE = 5.0

_FORGOTTEN = 100  # ids that are remembered as forgotten; identity hears of it within a second


class Stage:
    """The player of a scenario's rules. Times: ``clock`` never goes back, ``now`` is for the memory."""

    def __init__(self, scenario: Scenario, language: str, memory: Memory) -> None:
        self._scenario = scenario
        self._memory = memory
        self._first_language = language
        self.language = language
        self.forgotten: deque[str] = deque(maxlen=_FORGOTTEN)
        self._script = Script(scenario)
        self._machine = StateMachine(scenario, self)
        self._talk = Conversation()
        self._now = self._clock = 0.0
        self._others = 0
        self._misses = 0
        self._over = False  # whether "speech: over" has still to happen in this state
        self._lost = False  # whether enrolling was asked for without consent by the face that is seen now
        self._passed: set[Rule] = set()  # rules for silences that have been followed
        self._mouth = Mouth()
        self._requests = Requests()
        self._notices = Notices(scenario)

    # -- what the engine tells ----------------------------------------------------------------------------------------

    @property
    def state(self) -> str:
        """Name of the present state."""
        return self._machine.state

    @property
    def partner(self) -> Visitor | None:
        """The person talked to."""
        return self._talk.partner

    @property
    def quiet(self) -> bool:
        """Whether the robot neither speaks nor waits for a service, so that it may turn to something new."""
        return not self._mouth.busy and not self._requests.pending

    @property
    def silent_for(self) -> float:
        """Seconds since anything was said by anybody."""
        return self._clock - self._mouth.silent_since

    def time(self, now: float, clock: float, others: int) -> None:
        """What time it is, and how many others are in view."""
        self._now, self._clock, self._others = now, clock, others

    def open(self) -> None:
        """Enter the first state."""
        self._machine.reset(self._scenario.start)
        self.enter(self._scenario.start, "")

    def silence(self) -> list[Action]:
        """Stop speaking, if the robot speaks."""
        return [Hush()] if self._mouth.speaking else []

    def close(self) -> list[Action]:
        """Stop speaking and say that nothing is waited for."""
        return [*self.silence(), Report("", "", "", "", self._first_language, "")]

    def replace(self, replaced: dict[int, Visitor]) -> None:
        """The person talked to may be on another track now; consent is bound to the track it was given on."""
        if self._talk.partner is not None:
            self._talk.partner = replaced.get(id(self._talk.partner), self._talk.partner)

    def wanted(self) -> Collection[str]:
        """What can be heard in this state."""
        return self._notices.wanted(self.state)

    def hear(self, text: str, understood: Understood) -> None:
        """Follow what was understood, in the order in which it was said; nonsense if nothing leads on."""
        talk = self._talk
        self._mouth.silent_since = self._clock
        talk.answer = text
        items = list(understood.intents)
        if understood.name and "yes" in items and understood.name == talk.heard_name:
            understood = Understood(understood.intents, "", understood.language)
        if understood.name and (understood.sentence or "name" in self.wanted()):
            talk.heard_name = understood.name
            items.insert(0, "name")
        if understood.language:
            talk.heard_language = understood.language
            items.insert(0, "language")
        followed = False
        before = self.state
        for item in items:
            if item in self.wanted() and self.happen("heard", Occurrence(item)):
                followed = True
                self._misses = 0
                self._passed.clear()
                if item == "name" or self.state != before:
                    break  # "no, my name is Mario" has been answered by the name; what else there is can be said again
        if not followed and not self._mouth.speaking:  # over the robot's own voice, what makes no sense may be its echo
            self._misses += 1
            self.happen("heard", Occurrence("nonsense"))

    def fell_silent(self, *, whole: bool) -> None:
        """All was said: ``whole``, or cut off, or not at all."""
        if self._mouth.speaking:
            self._mouth.end(self._clock, whole=whole)
            self._over = True

    def enrolled(self, outcome: Enrolled) -> None:
        """The person is known now, or is not."""
        face_id = self._requests.enrolled()
        if not face_id:
            return
        partner = self._talk.partner
        if not outcome.error and outcome.person_id:
            self._memory.note_greeting(outcome.person_id, self._now)
            if partner is not None and partner.face.face_id == face_id:
                partner.person_id = self._talk.person_id = outcome.person_id
                partner.name, partner.decided = outcome.name or self._talk.heard_name, True
        self.happen("enrolment", Occurrence("failed" if outcome.error or not outcome.person_id else "done"))

    def forgot(self, outcome: Forgotten) -> None:
        """The person is unknown now, or is not."""
        person_id = self._requests.forgot()
        if not person_id:
            return
        partner = self._talk.partner
        if not outcome.error:
            self.forgotten.append(person_id)
            if partner is not None and partner.person_id == person_id:
                partner.person_id = partner.name = self._talk.person_id = ""
        self.happen("forgetting", Occurrence("failed" if outcome.error else "done"))

    def greeted(self, visitor: Visitor) -> bool:
        """Whether somebody was greeted not long ago: by who they are, or in this visit if that is unknown."""
        if visitor.person_id:
            return self._memory.greeted(visitor.person_id, self._now, self._scenario.settings.greet_again_after)
        return visitor.greeted

    def note_greeting(self, visitor: Visitor) -> None:
        """Somebody was greeted."""
        visitor.greeted = True
        if visitor.person_id:
            self._memory.note_greeting(visitor.person_id, self._now)

    # -- what happens by itself ---------------------------------------------------------------------------------------

    def notice_name(self) -> None:
        """It may have turned out who the person talked to is, or that they are somebody else."""
        partner = self._talk.partner
        if partner is not None and partner.person_id != self._talk.person_id:
            before = self._talk.person_id
            self._talk.person_id = partner.person_id
            if not self.happen("name", Occurrence("known")):
                self._talk.person_id = before

    def watch_emotions(self) -> None:
        """React to an expression that has been shown for long enough, if it is another one than before."""
        partner = self._talk.partner
        if partner is None or not partner.present:
            self._talk.since.clear()
            return
        label, confidence = partner.face.label, partner.face.confidence
        rules = self._rules("emotion")
        shown = {(rule, label) for rule in rules if label in rule.values and confidence >= rule.above}
        self._talk.since = {key: self._talk.since.get(key, self._clock) for key in shown}
        if not self.quiet or label == self._talk.before:
            return
        for rule in rules:
            since = self._talk.since.get((rule, label), math.inf)
            if self._clock - since >= rule.seconds and self.happen("emotion", Occurrence(label, rule=rule)):
                return

    def notice_silence(self) -> None:
        """Follow a rule for a silence that has lasted long enough; each once until somebody speaks."""
        for rule in self._rules("silence"):
            if rule not in self._passed and self._clock >= self._mouth.silent_since + rule.seconds:
                self._passed.add(rule)
                if self.happen("silence", Occurrence(rule=rule)):
                    self._mouth.silent_since = self._clock
                    return

    def expire(self) -> None:
        """Go on without a mouth or a service that does not answer."""
        if self._clock >= self._mouth.deadline:
            self.fell_silent(whole=False)
        no_enrolment, no_forgetting = self._requests.late(self._clock)
        if no_enrolment:
            self.enrolled(Enrolled(error="no answer"))
        if no_forgetting:
            self.forgot(Forgotten(error="no answer"))

    def deadline(self) -> float:
        """When something happens by itself, on the clock; infinity if nothing does."""
        times = [self._requests.deadline, self._mouth.deadline]
        partner = self._talk.partner
        if partner is not None and any("left" in rule.values for rule in self._rules("person")):
            leaves = partner.last_seen + self._scenario.settings.left_after
            times += [leaves] if leaves > self._clock else []  # later, no rule wanted to know
        if self.quiet:
            waiting = (rule for rule in self._rules("silence") if rule not in self._passed)
            times += [self._mouth.silent_since + rule.seconds for rule in waiting]
            times += [self._clock] if self._over else []
        return min(times)

    def step(self) -> bool:
        """Let happen what needs no event: lost consent, and "speech: over". Returns whether anything was followed."""
        if self._lost:
            self._lost = False
            return self.happen("enrolment", Occurrence("lost")) or self.happen("enrolment", Occurrence("failed"))
        if not self._over or self._mouth.busy:
            return False
        self._over = False
        return self.happen("speech", Occurrence("over"))

    def actions(self) -> list[Action]:
        """What is to be done since this was last asked, in the order in which it has to be done."""
        hush, say = self._mouth.take(self.language, self._clock)
        notices = self._notices.take(self.state, self._talk.partner, self.language, self._requests)
        return [*hush, *notices, *say, *self._requests.take()]

    # -- the player of the machine ------------------------------------------------------------------------------------

    def happen(self, event: str, occurrence: Occurrence) -> bool:
        """Follow the first rule of this state that waits for it. Returns whether there was one."""
        return self._machine.happen(event, occurrence)

    def applies(self, rule: Rule, occurrence: Occurrence) -> bool:
        """Whether the occurrence is what the rule waits for, and its condition holds."""
        if occurrence.rule is not None and occurrence.rule is not rule:
            return False
        value = occurrence.value
        if rule.event in ("person", "other"):
            anyone = "anyone" in rule.values and value not in ("left", "nearer")
            if not anyone and value not in rule.values:
                return False
        elif rule.event != "silence" and value not in rule.values:
            return False
        if "consent" in rule.do and (self._mouth.busy or not self._mouth.whole):
            return False  # nobody agrees to a question that they have not heard to its end
        if rule.event == "emotion" and rule.say and self._clock < self._talk.remarked + self._react_again_after:
            return False
        return self._script.holds(rule, self.language, self._context(occurrence))

    def follow(self, rule: Rule, occurrence: Occurrence) -> None:
        """Do and say what the rule says."""
        interrupts = rule.event in ("heard", "name") or "left" in rule.values
        if interrupts and (rule.say or rule.go or rule.do) and occurrence.value != "nonsense":
            self._mouth.cut_off(self._clock)
        if rule.event == "person" and occurrence.visitor is not None:
            self._talk_to(occurrence.visitor)
        context = self._context(occurrence)
        if rule.event == "emotion":
            self._talk.before = occurrence.value
            if rule.say:
                self._talk.remarked = self._clock
        language = self.language
        for effect in rule.do:
            self._do(effect)
        if rule.say:
            self._say(rule.say, context if language == self.language else self._context(occurrence))
        if "left" in rule.values and occurrence.value == "left":
            self._end()

    def enter(self, state: str, before: str) -> None:
        """A state was entered from another one, or from itself."""
        if state == self._scenario.start:
            self._end()
            self.language = self._first_language
            self._memory.prune(self._now, self._scenario.settings.greet_again_after)
        if state != before:
            self._misses = 0
            self._passed.clear()
        self._mouth.silent_since = self._clock
        here = self._scenario.states[state]
        for effect in here.do:
            self._do(effect)
        if here.say:
            self._say(here.say, self._context(Occurrence()))
        self._over = not self._mouth.speaking

    # -- what rules can do --------------------------------------------------------------------------------------------

    def _do(self, effect: str) -> None:
        talk, partner = self._talk, self._talk.partner
        match effect:
            case "hush":
                self._mouth.cut_off(self._clock)
            case "refuse":
                self._memory.note_refusal(self._now)
                talk.consent = None
            case "switch_language" if talk.heard_language in self._scenario.languages:
                self.language = talk.heard_language
        if partner is None:
            return
        match effect:
            case "greeted":
                self.note_greeting(partner)
            case "asked":
                partner.asked = True
            case "consent":
                talk.consent = Consent.spoken(partner.face.face_id, talk.asked, talk.answer)
            case "refuse":
                partner.refused = True
            case "let_be":
                partner.let_be = True
            case "switch_language":
                partner.language = self.language
            case "enroll":
                self._enroll(partner)
            case "forget" if partner.person_id:
                self._requests.forget(partner.person_id, self._clock)

    def _enroll(self, partner: Visitor) -> None:
        """Ask for it, with consent of the same face only; else it is lost with the face."""
        talk = self._talk
        face_id = partner.face.face_id
        if self._requests.enrolling:
            return
        if talk.consent is None or talk.consent.face_id != face_id or not partner.present or not talk.heard_name:
            self._lost = True
            return
        self._requests.enroll(Enroll(face_id, talk.heard_name, talk.consent.record, self.language), self._clock)

    def _say(self, key: str, context: dict[str, Any]) -> None:
        line = self._script.line(key, self.language, context)
        self._mouth.say(line)
        self._talk.asked = line or self._talk.asked

    def _talk_to(self, visitor: Visitor) -> None:
        """Begin a conversation, in the language that the person prefers if there is one."""
        self._talk = Conversation(partner=visitor, person_id=visitor.person_id)
        preferred = visitor.language.partition("-")[0]
        self.language = preferred if preferred in self._scenario.languages else self._first_language

    def _end(self) -> None:
        self._talk = Conversation()

    # -- what is known ------------------------------------------------------------------------------------------------

    @property
    def _react_again_after(self) -> float:
        return self._scenario.settings.react_again_after

    def _rules(self, event: str) -> list[Rule]:
        return [rule for rule in self._scenario.rules(self.state) if rule.event == event]

    def _context(self, occurrence: Occurrence) -> dict[str, Any]:
        """The values of templates.VARIABLES."""
        talk = self._talk
        partner, other = variables.about(talk, occurrence)
        return {
            **variables.of_person(partner),
            "greeted": partner is not None and self.greeted(partner),
            "refused_today": self._memory.refused_today(self._now),
            "before": talk.before,
            "heard_name": talk.heard_name,
            "can_speak": talk.heard_language in self._scenario.languages,
            "misses": self._misses,
            "others": self._others,
            "other_name": other.name if other is not None else "",
            "language": self.language,
        }
