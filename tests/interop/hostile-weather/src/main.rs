//! The generated weather crate with its committed handlers, behind an interceptor that does what a bad handler does:
//! the city `Slow` reports progress and hangs, `Block` blocks its thread, `Panic` panics. `Settled` is answered as soon
//! as no call for `Slow` runs any more. `Key` answers the length of the weather key, to show that it was read. The tool `no_deadline` stands beside the generated ones, whose spec gives
//! them a deadline of their own. Everything else is the committed server.

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mcpgen_runtime::{
    Answer, Args, BoxFuture, Call, Content, Context, Error, ErrorKind, Interceptor, Next, Outcome, RawJson, ToolDef,
};

#[path = "../../../../generated/weather/src/handlers.rs"]
mod handlers;

static NO_DEADLINE: ToolDef = ToolDef {
    name: "no_deadline",
    description: "Answers at once, for a city that lets it.",
    input_schema: r#"{"type":"object","properties":{"city":{"type":"string"}}}"#,
    ..ToolDef::DEFAULT
};

struct Hostile {
    key_length: usize,
}

/// Calls for `Slow` that run.
static RUNNING: AtomicUsize = AtomicUsize::new(0);

struct Running;

impl Running {
    fn begin() -> Self {
        RUNNING.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Default, serde::Deserialize)]
struct Arguments {
    #[serde(default)]
    city: String,
}

impl Interceptor for Hostile {
    fn intercept<'a>(&'a self, cx: &'a Context, call: Call, next: Next<'a>) -> BoxFuture<'a, Outcome> {
        let arguments: Arguments = call.arguments.decode().unwrap_or_default();
        match arguments.city.as_str() {
            "Slow" => Box::pin(async move {
                let _running = Running::begin();
                // So that a client knows when there is something to cancel.
                cx.progress(0.0, None, None);
                tokio::time::sleep(Duration::from_secs(60)).await;
                next.run(cx, call).await
            }),
            "Settled" => Box::pin(async move {
                for _ in 0..1000 {
                    if RUNNING.load(Ordering::SeqCst) == 0 {
                        return next.run(cx, call).await;
                    }
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                Err(Error::new(ErrorKind::Internal, "A call for Slow still runs after 10 seconds."))
            }),
            "Block" => Box::pin(async move {
                std::thread::sleep(Duration::from_secs(60));
                next.run(cx, call).await
            }),
            "Panic" => Box::pin(async { panic!("canary-of-the-panic") }),
            "Key" => Box::pin(async move {
                let temperature = format!(r#"{{"city":"Key","temperature":{},"unit":"celsius"}}"#, self.key_length);
                RawJson::parse(&temperature)
                    .map(Answer::Json)
                    .map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))
            }),
            _ => next.run(cx, call),
        }
    }
}

fn main() -> ExitCode {
    mcpgen_runtime::main(&weather::SERVER, |env| {
        let settings = weather::Settings::from_env(env)?;
        let key_length = settings.weather_api_key.as_ref().map_or(0, |key| key.expose().len());
        Ok(weather::builder(handlers::Handlers::new(settings))
            .tool(&NO_DEADLINE, |_cx, _args: Args<()>| async { Ok::<_, Error>(Content::text("done")) })
            .interceptor(Hostile { key_length })
            .build())
    })
}
