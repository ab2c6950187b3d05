"""The people who agreed to be remembered: their names and embeddings, in one file that they can read and erase."""

from emotion_perception.core.people.audit import Action, AuditEntry
from emotion_perception.core.people.gallery import Gallery
from emotion_perception.core.people.person import Consent, Person, checked_name
from emotion_perception.core.people.store import Imported, PeopleStore, default_path

__all__ = [
    "Action",
    "AuditEntry",
    "Consent",
    "Gallery",
    "Imported",
    "PeopleStore",
    "Person",
    "checked_name",
    "default_path",
]
