"""What all tests share."""

import signal

# A test run started in the background of a script inherits an ignored Ctrl-C, and so would every
# command that the tests start and then interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
