//! Programs that must not compile, and what the compiler says about them.
//!
//! `refused/NAME.stderr` is the message of the pinned compiler. `TRYBUILD=overwrite cargo test -p mcpgen-tests-compile`
//! rewrites it: read the difference before you commit it. What each message must tell a person stands here as well, so
//! that no rewriting loses it.

#![allow(clippy::expect_used, clippy::panic, reason = "a test ends at the first surprise")]

use std::fs;
use std::path::Path;

/// A program and what must be in its message.
const CASES: [(&str, &[&str]); 5] = [
    ("missing_method", &["E0046", "missing: `get_forecast`", "fn get_forecast(&self", "GetForecastInput"]),
    (
        "wrong_output",
        &[
            "E0271",
            "expected `Result<Temperature, WeatherError>`, found `Result<Forecast, ",
            "Weather::get_temperature",
        ],
    ),
    ("wrong_input", &["E0053", "method `get_temperature`", "expected `GetTemperatureInput`, found `GetForecastInput`"]),
    (
        "wrong_override",
        &["E0271", "expected `Result<Json<Pet>, GetPetError>`, found `Result<Json<Vec<Pet>>, ", "Petstore::get_pet"],
    ),
    ("operation_gone", &["E0407", "method `adopt_pet` is not a member of trait `Petstore`"]),
];

#[test]
fn mistakes_are_refused_with_a_message_that_names_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refused");
    let programs = fs::read_dir(&folder)
        .expect("the programs")
        .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().extension().is_some_and(|ext| ext == "rs")))
        .count();
    assert_eq!(programs, CASES.len(), "each program is a case");

    let tests = trybuild::TestCases::new();
    for (name, _) in CASES {
        tests.compile_fail(format!("tests/refused/{name}.rs"));
    }
    // Compiles all of them at once, and fails here where a message is another one.
    drop(tests);

    for (name, facts) in CASES {
        let message = fs::read_to_string(folder.join(format!("{name}.stderr"))).expect("an expectation");
        for fact in facts {
            assert!(message.contains(fact), "{name}: nothing says {fact:?}:\n{message}");
        }
    }
}
