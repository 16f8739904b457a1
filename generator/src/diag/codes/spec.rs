//! Server specs.

super::codes! {
    UNKNOWN_KEY = "E0501": "unknown key", "x";
}
