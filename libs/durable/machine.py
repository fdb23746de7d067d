"""Moved: import from libs.messages.machine. This file goes away."""

from libs.messages.machine import Machine as Machine
from libs.messages.machine import State as State
from libs.messages.machine import Transition as Transition
