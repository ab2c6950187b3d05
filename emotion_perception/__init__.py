"""See people, know who they are, read their facial expression and talk with them: a ROS 2 package suite.

The hand-written modules and the generated ``emotion_perception.msg`` and ``.srv`` share this package. Where the modules
are imported from a checkout, the generated ones lie elsewhere on the path: both places count as this package.
"""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
__version__ = "0.1.0"
