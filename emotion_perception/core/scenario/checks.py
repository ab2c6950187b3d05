"""Finds what would go wrong in a conversation, before there is one."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from emotion_perception.core.scenario import templates
from emotion_perception.core.scenario.model import AGAIN, HEARD, Rule, Scenario
from emotion_perception.core.scenario.reading import Faults, Place, one_of


def check(scenario: Scenario, faults: Faults, start: Place) -> None:
    """Add every fault of a scenario that was read. start: where its first state is named."""
    if scenario.start not in scenario.states:
        faults.add(
            start, f'there is no state "{scenario.start}" to start in: {one_of(scenario.states, scenario.start)}'
        )
        return
    for rule in _all_rules(scenario):
        if rule.go not in ("", AGAIN) and rule.go not in scenario.states:
            faults.add(rule.place, f'there is no state "{rule.go}" to go to: {one_of(scenario.states, rule.go)}')
        if rule.event == "person" and rule.values != ("left",) and rule.go in ("", AGAIN):
            faults.add(rule.place, 'whoever appears is talked to from then on: "go" to the state in which that happens')
    _check_ways(scenario, faults)
    _check_intents(scenario, faults)
    for rules in (scenario.anywhere, *(state.rules for state in scenario.states.values())):
        _check_order(rules, faults)
    _check_conditions(scenario, faults)
    _check_texts(scenario, faults)


def _all_rules(scenario: Scenario) -> Iterator[Rule]:
    yield from scenario.anywhere
    for state in scenario.states.values():
        yield from state.rules


def _check_ways(scenario: Scenario, faults: Faults) -> None:
    """Every state can be reached, and left, also when the person walks away or a service fails."""
    reached, ahead = {scenario.start}, [scenario.start]
    while ahead:
        for rule in scenario.rules(ahead.pop()):
            if rule.go in scenario.states and rule.go not in reached:
                reached.add(rule.go)
                ahead.append(rule.go)
    for state in scenario.states.values():
        if state.name not in reached:
            faults.add(state.place, f'nothing leads to the state "{state.name}": go there from a rule, or remove it')
        rules = scenario.rules(state.name)
        away = [rule for rule in rules if rule.go not in ("", AGAIN, state.name)]
        for effect, outcome in (("enroll", "enrolment"), ("forget", "forgetting")):
            enters = any(rule.go == state.name and effect in rule.do for rule in _all_rules(scenario))
            if effect in state.do or enters:
                handled = {value for rule in away if rule.event == outcome for value in rule.values}
                for value in ("done", "failed"):
                    if value not in handled:
                        faults.add(
                            state.place,
                            f'the state "{state.name}" does not say what follows when the {outcome} is {value}:'
                            f' wait for "{outcome}: {value}" and go on',
                        )
        outcomes = {rule.event for rule in away} & {"enrolment", "forgetting"}
        if not away:
            faults.add(state.place, f'nothing leads out of the state "{state.name}": give it a rule with "go"')
        elif state.name != scenario.start and not outcomes and not any(map(_by_itself, away)):
            faults.add(
                state.place,
                f'the state "{state.name}" would wait for ever once the person has left: wait for "person: left",'
                ' "silence" or "speech: over" in it or under "anywhere"',
            )


def _by_itself(rule: Rule) -> bool:
    """Whether a rule applies sooner or later, whatever people do."""
    return not rule.condition and (
        rule.event in ("silence", "speech") or (rule.event, rule.values) == ("person", ("left",))
    )


def _check_intents(scenario: Scenario, faults: Faults) -> None:
    for rule in _all_rules(scenario):
        for intent in rule.values if rule.event == "heard" else ():
            missing = [
                language
                for language, book in scenario.phrasebooks.items()
                if intent not in HEARD and not book.intents.get(intent)
            ]
            if missing:
                faults.add(rule.place, f'the intent "{intent}" has no phrases in {", ".join(missing)}')


def _check_order(rules: Collection[Rule], faults: Faults) -> None:
    """A rule after one that always applies first never does."""
    always: dict[tuple[str, str], Rule] = {}
    for rule in rules:
        if rule.event in ("emotion", "silence"):
            continue
        covered = [first for value in rule.values if (first := _covering(always, rule.event, value)) is not None]
        if covered and len(covered) == len(rule.values):
            faults.add(
                rule.place, f"this rule never applies: the one in line {covered[0].place.line} always does first"
            )
        if not rule.condition:
            for value in rule.values:
                always.setdefault((rule.event, value), rule)


def _covering(always: dict[tuple[str, str], Rule], event: str, value: str) -> Rule | None:
    anyone = always.get((event, "anyone")) if event in ("person", "other") and value in ("known", "unknown") else None
    return always.get((event, value)) or anyone


def _check_conditions(scenario: Scenario, faults: Faults) -> None:
    for rule in _all_rules(scenario):
        if not rule.condition:
            continue
        try:
            for name, _ in templates.unknown_names("{{ (" + rule.condition + ") }}"):
                faults.add(rule.place, f'"if" uses "{name}", which is not defined: {one_of(templates.VARIABLES, name)}')
            holds = templates.condition(rule.condition)
        except templates.TemplateSyntaxError as error:
            faults.add(rule.place, f'"if: {rule.condition}" is no condition: {error.message}')
            continue
        language = scenario.languages[0]
        try:
            for context in templates.samples(language, scenario.phrasebooks[language].expressions):
                holds(context)
        except templates.RENDER_ERRORS as error:
            if "undefined" not in str(error):  # was named above
                faults.add(rule.place, f'"if: {rule.condition}" cannot be evaluated: {error}')


def _check_texts(scenario: Scenario, faults: Faults) -> None:
    """Every text can be rendered wherever it is said, whatever is known about the person."""
    uses: dict[str, list[Rule | None]] = {}
    for state in scenario.states.values():
        if state.say:
            uses.setdefault(state.say, []).append(None)
    for rule in _all_rules(scenario):
        if rule.say:
            uses.setdefault(rule.say, []).append(rule)
    for language in scenario.languages:
        contexts = list(templates.samples(language, scenario.phrasebooks[language].expressions))
        for key, text in scenario.texts[language].items():
            for source, place in zip(text.variants, text.places, strict=True):
                _check_text(
                    source, place, [c for rule in uses.get(key, [None]) for c in contexts if _met(rule, c)], faults
                )


def _met(rule: Rule | None, context: dict[str, object]) -> bool:
    """Whether a rule could apply in a context, so that its text has to work there."""
    if rule is None:
        return True
    if rule.event == "emotion" and context["emotion"] not in rule.values:
        return False
    try:
        return not rule.condition or templates.condition(rule.condition)(context)
    except (templates.TemplateSyntaxError, *templates.RENDER_ERRORS):
        return False  # was named by another check


def _check_text(source: str, place: Place, contexts: list[dict[str, object]], faults: Faults) -> None:
    try:
        unknown = list(templates.unknown_names(source))
        template = templates.compiled(source)
    except templates.TemplateSyntaxError as error:
        faults.add(_below(place, error.lineno), f"this text is no template: {error.message}")
        return
    for name, line in unknown:
        known = one_of([*templates.VARIABLES, *templates.FUNCTIONS], name)
        faults.add(_below(place, line), f'the text uses "{name}", which is not defined: {known}')
    if unknown:
        return
    for context in contexts:
        try:
            templates.rendered(template, context)
        except templates.RENDER_ERRORS as error:
            faults.add(place, f"this text cannot be said to everybody: {error}")
            return


def _below(place: Place, line: int) -> Place:
    return Place(place.file, place.line + line - 1)
