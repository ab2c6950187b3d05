"""Errors meant for people: each message is one sentence that names the value at fault and the remedy."""


class PerceptionError(Exception):
    """Anything a user can put right; the message is shown as it is, without a traceback."""


class ImageError(PerceptionError):
    """A picture that cannot be read: its encoding, size or bytes."""


class ModelError(PerceptionError):
    """A model or weight file that is missing, damaged or not what its description says."""


class SourceError(PerceptionError):
    """A camera, file or folder of frames that cannot be opened or was lost."""


class StaleSourceError(SourceError):
    """A stream that is open but brings nothing just now; it may resume by itself, so reading on makes sense."""


class ParameterError(PerceptionError):
    """A parameter out of its range or at odds with another."""


class PeopleError(PerceptionError):
    """A request that the memory of people refuses, or a database of people that cannot be used."""


class BagError(PerceptionError):
    """A bag that cannot be written, read or recovered, or that holds nothing of what is asked for."""


class ScenarioError(PerceptionError):
    """A scenario or a file of phrases that cannot be used, with file and line; or a memory of refusals."""


class AudioError(PerceptionError):
    """A microphone or loudspeaker that is missing or was lost, or a sound file that cannot be read or written."""


class VoiceError(PerceptionError):
    """A text that a voice cannot speak, or a voice that cannot be loaded or reached."""


class RecognitionError(PerceptionError):
    """A recogniser of speech that cannot be loaded, or a language that it does not understand."""


class EvaluationError(PerceptionError):
    """A model, data or a study of them that cannot be evaluated, or a result that cannot be written or read."""


class DatasetError(PerceptionError):
    """Pictures to learn from that cannot be opened, that do not fit together, or of which nothing is left."""


class TrainingError(PerceptionError):
    """A recipe, a run or an export that cannot be made as asked."""
