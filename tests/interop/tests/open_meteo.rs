//! `open-meteo`: a document whose operations live on two hosts.

use std::process::Command;

use mcpgen_tests_interop::{Received, Upstream, server};

fn answer(request: &Received) -> (u16, String) {
    if request.target.starts_with("/v1/search?") {
        (200, r#"{"results":[{"id":2950159,"name":"Berlin","latitude":52.52437,"longitude":13.41053}]}"#.to_owned())
    } else {
        (
            200,
            r#"{"latitude":52.52,"longitude":13.42,"current":{"time":"2026-01-01T00:00","temperature_2m":1.5}}"#
                .to_owned(),
        )
    }
}

/// What arrives at the upstream when a tool is called, and what the call prints.
fn call(tool: &str, arguments: &str) -> (Vec<Received>, String) {
    let upstream = Upstream::start(answer);
    let output = Command::new(server("open-meteo"))
        .args(["call", tool, arguments])
        .env("OPEN_METEO_BASE_URL", upstream.url())
        .output()
        .expect("the server starts");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    (upstream.take(), printed)
}

fn targets(received: &[Received]) -> Vec<(&str, &str)> {
    received.iter().map(|request| (request.method.as_str(), request.target.as_str())).collect()
}

/// OpenAPI 3.1.1 §4.8.12: `style: form` with `explode: false` joins the items with commas.
#[test]
fn the_forecast_is_asked_with_lists_joined_by_commas() {
    let arguments =
        r#"{"latitude":52.52,"longitude":-13.4,"current":["temperature_2m","wind_speed_10m"],"forecast_days":3}"#;
    let (received, printed) = call("get_forecast", arguments);
    let [(method, target)] = targets(&received)[..] else { panic!("{received:?}") };
    let (path, query) = target.split_once('?').expect("a query");
    assert_eq!((method, path), ("GET", "/v1/forecast"));
    let mut pairs: Vec<String> = query.split('&').map(|pair| pair.replace("%2C", ",")).collect();
    pairs.sort();
    let expected = ["current=temperature_2m,wind_speed_10m", "forecast_days=3", "latitude=52.52", "longitude=-13.4"];
    assert_eq!(pairs, expected);
    assert!(printed.contains("1.5"), "{printed}");
}

/// The expression is for the answer: the API never sees it.
#[test]
fn an_answer_goes_through_the_expression_of_the_caller() {
    let arguments = r#"{"latitude":52.52,"longitude":13.4,"jmespath":"{now: current.temperature_2m}"}"#;
    let (received, printed) = call("get_forecast", arguments);
    let [(_, target)] = targets(&received)[..] else { panic!("{received:?}") };
    assert!(!target.contains("jmespath") && !target.contains("now"), "{target}");
    assert_eq!(printed.trim(), r#"{"now":1.5}"#);
}

/// The base URL of the environment takes the place of every origin of the document (SECURITY.md O2), of the second
/// host's too; its path is that of the operation's own server.
#[test]
fn o2_the_search_on_the_other_host_goes_to_the_configured_origin() {
    let (received, printed) = call("search_places", r#"{"name":"Berlin & more","count":1}"#);
    let [(method, target)] = targets(&received)[..] else { panic!("{received:?}") };
    assert_eq!(method, "GET");
    assert!(
        ["/v1/search?name=Berlin%20%26%20more&count=1", "/v1/search?name=Berlin+%26+more&count=1"].contains(&target),
        "{target}"
    );
    assert!(printed.contains("2950159"), "{printed}");
}

/// Without it each operation has the host that its document gives it.
#[test]
fn each_operation_has_its_own_host() {
    let root = mcpgen_tests_interop::here().join("../../generated/open-meteo/src/operations.rs");
    let text = std::fs::read_to_string(root).expect("the generated operations");
    let bases: Vec<&str> = text.lines().map(str::trim).filter(|line| line.starts_with("base_url: ")).collect();
    let expected = [
        "base_url: Some(\"https://api.open-meteo.com\"),",
        "base_url: None,",
        "base_url: Some(\"https://geocoding-api.open-meteo.com\"),",
    ];
    assert_eq!(bases, expected, "the API, getForecast, searchPlaces");
}
