//! The command line. Few flags, no dependency: a generated binary stays small.

use std::ffi::OsString;
use std::time::Duration;

use crate::json::RawJson;
use crate::validate::closest;

/// What the binary is asked to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    Serve,
    ListTools,
    Call { tool: String, arguments: RawJson, json: bool },
    Read { uri: String, json: bool },
    Version,
    Help,
}

/// What the flags change about the server.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) deadline: Option<Duration>,
    pub(super) rate_limit: Option<u32>,
    pub(super) http: HttpFlags,
}

/// What the flags say about HTTP.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct HttpFlags {
    /// `HOST:PORT`; standard input and output are served where it is not there.
    pub(super) address: Option<String>,
    pub(super) sse: bool,
    pub(super) allowed_hosts: Vec<String>,
    pub(super) allowed_origins: Vec<String>,
}

impl HttpFlags {
    fn check(&self) -> Result<(), String> {
        let belongs = |flag: &str| Err(format!("{flag} belongs to --http ADDRESS."));
        match self {
            Self { address: Some(_), .. } if !cfg!(feature = "http") => {
                Err("This server was built without the feature `http` of mcpgen-runtime.".to_owned())
            }
            Self { sse: true, .. } if !cfg!(feature = "sse") => {
                Err("This server was built without the feature `sse` of mcpgen-runtime.".to_owned())
            }
            Self { address: Some(_), .. } => Ok(()),
            Self { sse: true, .. } => belongs("--sse"),
            Self { allowed_hosts, .. } if !allowed_hosts.is_empty() => belongs("--allowed-host"),
            Self { allowed_origins, .. } if !allowed_origins.is_empty() => belongs("--allowed-origin"),
            _ => Ok(()),
        }
    }
}

/// A port alone is one of this machine: who wants to be reached from elsewhere says so.
fn address(text: &str) -> Result<String, String> {
    let port = |text: &str| text.parse::<u16>().is_ok() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.rsplit_once(':') {
        None if port(text) => Ok(format!("127.0.0.1:{text}")),
        Some((host, after)) if !host.is_empty() && port(after) => Ok(text.to_owned()),
        _ => Err(format!("--http takes HOST:PORT or PORT, as 127.0.0.1:8080, not {text:?}.")),
    }
}

const WORDS: [&str; 12] = [
    "--allowed-host",
    "--allowed-origin",
    "--deadline",
    "--help",
    "--http",
    "--json",
    "--list-tools",
    "--rate-limit",
    "--sse",
    "--version",
    "call",
    "read",
];

/// The longest deadline: a week, so that no clock overflows.
const MAX_SECONDS: f64 = 604_800.0;

/// # Errors
/// What is wrong with the command line, for people.
pub(super) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<(Command, Options), String> {
    let mut arguments = arguments.map(|one| one.into_string().map_err(|one| format!("{one:?} is not valid UTF-8.")));
    let (mut options, mut words, mut json, mut flag) = (Options::default(), Vec::new(), false, None);
    while let Some(argument) = arguments.next().transpose()? {
        if !argument.starts_with('-') || argument.len() == 1 {
            words.push(argument);
            continue;
        }
        if argument == "--" {
            words.extend(arguments.by_ref().collect::<Result<Vec<_>, _>>()?);
            break;
        }
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (argument.as_str(), None),
        };
        match name {
            "--deadline" => {
                let text = value_of(name, "SECONDS", value, &mut arguments)?;
                let seconds = text.parse().ok().filter(|seconds| *seconds > 0.0 && *seconds <= MAX_SECONDS);
                let seconds =
                    seconds.ok_or_else(|| format!("--deadline takes seconds, 0.1 to 604800, not {text:?}."))?;
                options.deadline = Some(Duration::from_secs_f64(seconds));
            }
            "--rate-limit" => {
                let text = value_of(name, "CALLS_PER_MINUTE", value, &mut arguments)?;
                let calls = text.parse().map_err(|_| {
                    format!("--rate-limit takes a number of calls a minute, 0 for no limit, not {text:?}.")
                })?;
                options.rate_limit = Some(calls);
            }
            "--http" => {
                options.http.address = Some(address(&value_of(name, "ADDRESS", value, &mut arguments)?)?);
            }
            "--allowed-host" => options.http.allowed_hosts.push(value_of(name, "HOST", value, &mut arguments)?),
            "--allowed-origin" => options.http.allowed_origins.push(value_of(name, "ORIGIN", value, &mut arguments)?),
            "--json" | "--list-tools" | "--sse" | "--version" | "-V" | "--help" | "-h" if value.is_some() => {
                return Err(format!("{name} takes no value."));
            }
            "--json" => json = true,
            "--sse" => options.http.sse = true,
            "--list-tools" => flag = flag.or(Some(Command::ListTools)),
            "--version" | "-V" => flag = flag.or(Some(Command::Version)),
            // Help wins: whoever asks for it wants nothing to happen.
            "--help" | "-h" => flag = Some(Command::Help),
            _ => return Err(unknown("flag", name)),
        }
    }
    if flag == Some(Command::Help) {
        return Ok((Command::Help, options));
    }
    if let (Some(flag), true) = (flag, words.is_empty() && !json) {
        return Ok((flag, options));
    }
    options.http.check()?;
    let mut words = words.into_iter();
    let command = match words.next().as_deref() {
        None if json => return Err("--json belongs to `call` and `read`.".to_owned()),
        None => Command::Serve,
        Some(_) if options.http.address.is_some() => return Err("--http serves; it takes no command.".to_owned()),
        Some("call") => {
            let tool = words.next().ok_or("`call` needs the name of a tool: call TOOL JSON.")?;
            let text = words.next().unwrap_or_else(|| "{}".to_owned());
            let arguments = RawJson::parse(&text).map_err(|error| format!("The arguments are no JSON: {error}."))?;
            Command::Call { tool, arguments, json }
        }
        Some("read") => Command::Read { uri: words.next().ok_or("`read` needs a URI: read URI.")?, json },
        Some(word) => return Err(unknown("command", word)),
    };
    match words.next() {
        Some(word) => Err(format!("{word:?} is one argument too many. Quote JSON as one word: '{{\"a\": 1}}'.")),
        None => Ok((command, options)),
    }
}

fn value_of(
    name: &str,
    what: &str,
    value: Option<String>,
    arguments: &mut impl Iterator<Item = Result<String, String>>,
) -> Result<String, String> {
    match value {
        Some(value) => Ok(value),
        None => arguments.next().unwrap_or_else(|| Err(format!("{name} needs a value: {name} {what}."))),
    }
}

fn unknown(what: &str, word: &str) -> String {
    let suggestion = closest(word, WORDS.into_iter());
    let hint = suggestion.map_or_else(String::new, |suggestion| format!(" Did you mean {suggestion}?"));
    format!("There is no {what} {word:?}.{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &[&str]) -> Result<(Command, Options), String> {
        parse(line.iter().map(OsString::from))
    }

    fn command(line: &[&str]) -> Command {
        parsed(line).unwrap().0
    }

    #[test]
    fn commands() {
        let json = |text| RawJson::parse(text).unwrap();
        let call = |text, json_flag| Command::Call { tool: "t".to_owned(), arguments: json(text), json: json_flag };
        assert_eq!(command(&[]), Command::Serve);
        assert_eq!(command(&["--list-tools"]), Command::ListTools);
        assert_eq!(command(&["--version"]), Command::Version);
        assert_eq!(command(&["-h"]), Command::Help);
        assert_eq!(command(&["call", "t"]), call("{}", false));
        assert_eq!(command(&["call", "t", r#"{ "a": 1 }"#, "--json"]), call(r#"{"a":1}"#, true));
        assert_eq!(command(&["read", "a://b"]), Command::Read { uri: "a://b".to_owned(), json: false });
        assert_eq!(command(&["call", "--help"]), Command::Help);
    }

    #[test]
    fn options() {
        let expected =
            Options { deadline: Some(Duration::from_millis(1500)), rate_limit: Some(0), http: HttpFlags::default() };
        assert_eq!(parsed(&["--deadline", "1.5", "--rate-limit=0"]).unwrap(), (Command::Serve, expected));
    }

    #[cfg(feature = "sse")]
    #[test]
    fn http_is_on_this_machine_unless_told() {
        let http = |line: &[&str]| parsed(line).unwrap().1.http;
        assert_eq!(http(&["--http", "8080"]).address.unwrap(), "127.0.0.1:8080");
        assert_eq!(http(&["--http=0.0.0.0:80"]).address.unwrap(), "0.0.0.0:80");
        assert_eq!(http(&["--http", "[::1]:0"]).address.unwrap(), "[::1]:0");
        let all = http(&["--http", "1", "--sse", "--allowed-host=a", "--allowed-host", "b", "--allowed-origin=c"]);
        assert!(all.sse);
        assert_eq!(all.allowed_hosts, ["a", "b"]);
        assert_eq!(all.allowed_origins, ["c"]);
        for (line, expected) in [
            (&["--http"][..], "needs a value"),
            (&["--http", "localhost"], "HOST:PORT"),
            (&["--http", ":80"], "HOST:PORT"),
            (&["--http", "a:70000"], "HOST:PORT"),
            (&["--sse"], "belongs to --http"),
            (&["--allowed-host", "a"], "belongs to --http"),
            (&["--sse=1", "--http", "1"], "takes no value"),
            (&["--http", "1", "call", "t"], "takes no command"),
        ] {
            let message = parsed(line).unwrap_err();
            assert!(message.contains(expected), "{line:?}: {message}");
        }
    }

    #[test]
    fn mistakes_are_explained() {
        for (line, expected) in [
            (&["--list-tool"][..], "Did you mean --list-tools?"),
            (&["cal", "t"], "Did you mean call?"),
            (&["--frobnicate"], "no flag \"--frobnicate\""),
            (&["--deadline"], "--deadline needs a value"),
            (&["--deadline", "0"], "not \"0\""),
            (&["--deadline", "NaN"], "not \"NaN\""),
            (&["--deadline=1e300"], "not \"1e300\""),
            (&["--rate-limit", "-1"], "not \"-1\""),
            (&["--help=x"], "takes no value"),
            (&["call"], "needs the name of a tool"),
            (&["call", "t", "{a:1}"], "no JSON"),
            (&["call", "t", "{}", "x"], "one argument too many"),
            (&["read"], "needs a URI"),
            (&["--json"], "belongs to"),
            (&["--version", "x"], "no command \"x\""),
        ] {
            let message = parsed(line).unwrap_err();
            assert!(message.contains(expected), "{line:?}: {message}");
        }
    }
}
