//! The native module behind the Python package `http_responder`.
