//! Work around every call.

use std::sync::{Arc, Mutex};

use mcpgen_runtime::{BoxFuture, Call, Context, Error, ErrorKind, Interceptor, Next, Outcome};
use serde_json::json;

/// Writes down what is called, and refuses one tool.
#[derive(Clone, Default)]
struct Audit(Arc<Mutex<Vec<String>>>);

impl Interceptor for Audit {
    fn intercept<'a>(&'a self, cx: &'a Context, call: Call, next: Next<'a>) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            self.0.lock().expect("nobody panicked").push(format!("{} {}", call.name, call.arguments.as_str()));
            if call.name == "delete_pet" {
                return Err(Error::new(ErrorKind::Forbidden, "Nothing is deleted on Sundays."));
            }
            next.run(cx, call).await
        })
    }
}

#[tokio::test]
async fn an_interceptor_sees_every_call_and_can_refuse_it() {
    let api = crate::api();
    let audit = Audit::default();
    let server = petstore::builder(crate::client(&api)).interceptor(audit.clone()).build();
    assert_eq!(crate::call(&server, "get_pet", json!({"petId": 1})).await["name"], "Rex");
    let refused = server.call_tool("delete_pet", json!({"petId": 1})).await;
    assert_eq!(refused.error.map(|error| error.kind()), Some(ErrorKind::Forbidden));
    assert_eq!(*audit.0.lock().expect("nobody panicked"), [r#"get_pet {"petId":1}"#, r#"delete_pet {"petId":1}"#]);
    assert_eq!(api.take().len(), 1, "the refused call reached the API");
}
