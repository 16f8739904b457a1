//! For the tests of generated crates: holds a server to its wire contract.
//!
//! A contract (`tests/wire.json`) has for each operation the arguments of a call, the request that they must become, and
//! an answer of the API. The server is built against an API on loopback that answers so; what arrives there and what the
//! client is answered are compared with the contract, byte for byte.

mod api;
mod contract;

use std::fmt;
use std::time::Duration;

use api::Api;
use contract::{Case, Contract};

use crate::env::{Env, EnvError};
use crate::json::RawJson;
use crate::server::{CallResult, Server};

/// How long one call may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// What deviates from a contract, one paragraph for each operation.
pub struct Failures(Vec<String>);

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} deviations from the wire contract", self.0.len())?;
        self.0.iter().try_for_each(|failure| writeln!(f, "\n{failure}"))
    }
}

/// As `Display`: the test harness prints this.
impl fmt::Debug for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Failures {}

/// Calls every operation of the contract on the server that `make` builds. What the contract leaves unchecked is printed
/// with its reason.
///
/// # Errors
/// A request or an answer that is not the contract's, a server that cannot be built, a contract that cannot be read.
pub fn check_wire(contract: &str, make: impl Fn(&Env) -> Result<Server, EnvError>) -> Result<(), Failures> {
    let one = |problem: String| Failures(vec![problem]);
    let contract = Contract::read(contract).map_err(|error| one(format!("The contract cannot be read: {error}")))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| one(format!("The tokio runtime cannot start: {error}")))?;
    runtime.block_on(async {
        let mut api = Api::start().await.map_err(|error| one(format!("Loopback cannot be listened at: {error}")))?;
        let base = format!("{}{}", api.origin(), contract.base_path);
        let pairs = contract.env.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let env = Env::from_pairs(pairs.chain([(contract.base_url.as_str(), base.as_str())]));
        let server = make(&env).map_err(|error| one(error.to_string()))?.with_rate_limit(0);
        let (mut failures, mut checked) = (Vec::new(), 0);
        for case in &contract.operations {
            match &case.unchecked {
                Some(why) => eprintln!("{}: not checked: {why}", case.tool),
                None => {
                    checked += 1;
                    failures.extend(check(&server, &mut api, case).await.err());
                }
            }
        }
        eprintln!("{checked} of {} operations checked", contract.operations.len());
        if failures.is_empty() { Ok(()) } else { Err(Failures(failures)) }
    })
}

async fn check(server: &Server, api: &mut Api, case: &Case) -> Result<(), String> {
    let fail = |what: String| format!("{}: {what}", case.tool);
    let (Some(arguments), Some(request), Some(response)) = (&case.arguments, &case.request, &case.response) else {
        return Err(fail("the contract has no arguments, no request or no response".to_owned()));
    };
    let arguments = RawJson::parse(arguments.get()).map_err(|error| fail(error.to_string()))?;
    api.answer(response);
    let (tool, arguments) = match &case.through {
        Some(caller) => {
            let name = serde_json::Value::from(case.tool.as_str());
            let arguments = arguments.as_str();
            (caller, RawJson::from_valid(&format!("{{\"name\":{name},\"arguments\":{arguments}}}")))
        }
        None => (&case.tool, arguments),
    };
    let call = tokio::time::timeout(DEADLINE, server.call_json(tool, &arguments));
    let result = call.await.map_err(|_| fail(format!("no answer within {} s", DEADLINE.as_secs())))?;
    let Some(arrived) = api.arrived() else {
        return Err(fail(format!("no request arrived; the call answered {}", result.text())));
    };
    let (wanted, arrived) = (request.shown(), arrived.shown());
    if wanted != arrived {
        return Err(fail(format!("the request is another one\n--- contract\n{wanted}\n--- sent\n{arrived}")));
    }
    answer(&result, case).map_err(fail)
}

/// A client is answered what the API answered: JSON token by token, as text and, where it is an object, as structured
/// content.
fn answer(result: &CallResult, case: &Case) -> Result<(), String> {
    if result.is_error {
        return Err(format!("the call failed: {}", result.text()));
    }
    if result.normalised.is_some() {
        return Err("arguments of the contract do not fit the input schema and were normalised".to_owned());
    }
    let wanted = case.response.as_ref().map(contract::Response::text).unwrap_or_default();
    let differs = |what: &str, wanted: &str, found: &str| {
        Err(format!("the {what} is another one\n--- contract\n{wanted}\n--- answered\n{found}"))
    };
    if result.text() != wanted {
        return differs("text of the answer", &wanted, &result.text());
    }
    match &result.structured {
        Some(structured) if structured.as_str() != wanted => {
            differs("structured content", &wanted, structured.as_str())
        }
        None if wanted.starts_with('{') && case.is_json() => Err("there is no structured content".to_owned()),
        _ => Ok(()),
    }
}
