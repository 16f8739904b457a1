//! The rest of an answer that was cut, asked of another instance.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::json::RawJson;

use super::*;
use crate::content::{Block, Body};
use crate::def::Annotations;

static READ: ToolDef = ToolDef {
    name: "list",
    annotations: Annotations { read_only: Some(true), ..Annotations::NONE },
    ..ToolDef::DEFAULT
};
static WRITE: ToolDef = ToolDef { name: "write", ..ToolDef::DEFAULT };

const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";

/// An instance, and how often its tools were called. Answers are `number` numbers and `last`.
fn instance(last: &'static str, key: &[u8]) -> (Server, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let handler = |calls: Arc<AtomicUsize>| {
        move |_: Context, args: Args<Value>| {
            calls.fetch_add(1, Ordering::Relaxed);
            async move {
                let number = args.decode()?["number"].as_u64().unwrap_or(100);
                let numbers = (0..number).map(|number| number.to_string()).collect::<Vec<_>>().join(" ");
                Ok::<_, Error>(Content::text(format!("{numbers} {last}")))
            }
        }
    };
    let builder = builder().rate_limit(0).result_cap(64).state_key(key);
    let server = builder.tool(&READ, handler(calls.clone())).tool(&WRITE, handler(calls.clone())).build();
    (server, calls)
}

async fn call(server: &Server, cx: &Context, tool: &str) -> (String, String) {
    let arguments = RawJson::parse(r#"{"number":90}"#).unwrap();
    let result = server.call(cx, tool, Some(&arguments)).await.unwrap();
    let [Block::Text { text }, _, Block::ResourceLink { uri, .. }] = &result.content[..] else { panic!("{result:?}") };
    (text.clone(), uri.clone())
}

async fn read(server: &Server, cx: &Context, uri: &str) -> Result<String, Error> {
    match server.read(cx, uri).await {
        Ok(contents) => match &contents[0].body {
            Body::Text(text) => Ok(text.clone()),
            Body::Blob(_) => panic!("bytes"),
        },
        Err(error) => Err(error.into_error()),
    }
}

/// Everything behind a URI, piece by piece.
async fn all(server: &Server, cx: &Context, uri: &str) -> Result<String, Error> {
    let (mut text, mut next) = (String::new(), uri.to_owned());
    loop {
        let piece = read(server, cx, &next).await?;
        match piece.split_once("\n[Cut. Read the resource ") {
            Some((piece, rest)) => {
                text.push_str(piece);
                next = rest.split(' ').next().unwrap().to_owned();
            }
            None => return Ok(text + &piece),
        }
    }
}

#[tokio::test]
async fn a_read_is_made_again_by_an_instance_that_shares_the_key_once() {
    let ((first, _), (second, calls)) = (instance("end", KEY), instance("end", KEY));
    let cx = || Context::of_principal("alice");
    let (shown, uri) = call(&first, &cx(), "list").await;
    let whole = (0..90).map(|number| number.to_string()).collect::<Vec<_>>().join(" ") + " end";
    assert_eq!(format!("{shown}{}", all(&first, &cx(), &uri).await.unwrap()), whole);
    assert_eq!(format!("{shown}{}", all(&second, &cx(), &uri).await.unwrap()), whole);
    assert_eq!(calls.load(Ordering::Relaxed), 1, "further pieces are those of the one answer");
}

#[tokio::test]
async fn i7_a_seal_is_bound_to_principal_server_and_every_bit() {
    let ((first, _), (second, calls)) = (instance("end", KEY), instance("end", KEY));
    let (_, uri) = call(&first, &Context::of_principal("alice"), "list").await;
    let mallory = read(&second, &Context::of_principal("mallory"), &uri).await.unwrap_err();
    assert_eq!(mallory.kind(), ErrorKind::NotFound);
    assert!(read(&second, &Context::in_process(), &uri).await.is_err());
    let (other, _) = instance("end", b"another key of thirty-two bytes!");
    assert!(read(&other, &Context::of_principal("alice"), &uri).await.is_err());
    let seal = uri.rfind('/').unwrap() + 1;
    for at in seal..uri.len() {
        let mut bytes = uri.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        // The last character of base64 has bits that mean nothing.
        if at + 1 < uri.len() {
            assert!(read(&second, &Context::of_principal("alice"), &changed).await.is_err(), "{at}");
        }
    }
    assert_eq!(calls.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn what_is_no_read_is_not_made_again_and_what_has_changed_is_not_joined() {
    let ((first, _), (second, calls)) = (instance("end", KEY), instance("end", KEY));
    let cx = Context::of_principal("alice");
    let (_, uri) = call(&first, &cx, "write").await;
    assert_eq!(uri.matches('/').count(), 1, "{uri}");
    let error = read(&second, &cx, &uri).await.unwrap_err();
    assert!(error.message().contains("not made again by itself"), "{error}");
    assert_eq!(calls.load(Ordering::Relaxed), 0);
    assert!(read(&first, &cx, &uri).await.is_ok());

    let (changed, _) = instance("other end", KEY);
    let (_, uri) = call(&first, &cx, "list").await;
    let error = read(&changed, &cx, &uri).await.unwrap_err();
    assert_eq!((error.kind(), error.type_name()), (ErrorKind::Conflict, "Changed"));
    // By its place in the URI: the digits may be in the random identifier too.
    let [id, _, seal] = uri.split('/').collect::<Vec<_>>()[..] else { panic!("{uri}") };
    for place in ["", "x", "99999", "-1"] {
        let elsewhere = format!("{id}/{place}/{seal}");
        assert!(read(&second, &cx, &elsewhere).await.is_err(), "{place}");
    }
}
