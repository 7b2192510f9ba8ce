//! Messages, framings and the JSON mapping of the persistent build worker protocol.
