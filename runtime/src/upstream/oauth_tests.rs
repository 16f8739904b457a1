use std::sync::Arc;

use super::*;
use crate::upstream::options::UpstreamOptions;
use crate::upstream::testing::{Mock, Reply};

const TOKEN: &str = r#"{"access_token":"tok-1","token_type":"Bearer","expires_in":3600}"#;

fn client(endpoint: &str, scope: &str) -> ClientCredentials {
    let endpoint = Endpoint::parse(endpoint).unwrap();
    ClientCredentials::new(endpoint, scope.to_owned(), "my id".to_owned(), Secret::from("s3cr/t:"), "T_CLIENT_SECRET")
}

fn base(origin: &str) -> BaseUrl {
    BaseUrl::parse(&format!("{origin}/v1")).unwrap()
}

async fn header(client: &ClientCredentials, origin: &str) -> Result<String, Error> {
    let header = client.header(&Http::new(&UpstreamOptions::default()), &base(origin)).await?;
    assert!(header.is_sensitive());
    Ok(header.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_request_is_that_of_rfc_6749() {
    let mut mock = Mock::start(Reply::json("200 OK", TOKEN)).await;
    let client = client("/oauth/token", "read write");
    assert_eq!(header(&client, &mock.origin).await.unwrap(), "Bearer tok-1");
    let request = mock.request().await;
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /oauth/token HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("\r\ncontent-type: application/x-www-form-urlencoded\r\n"), "{head}");
    // §2.3.1: base64("my+id:s3cr%2Ft%3A")
    assert!(head.contains("\r\nauthorization: Basic bXkraWQ6czNjciUyRnQlM0E=\r\n"), "{head}");
    // §4.4.2 and §3.3
    assert_eq!(body, "grant_type=client_credentials&scope=read%20write");
}

#[tokio::test]
async fn a_token_is_fetched_once_by_all_who_wait_and_kept() {
    let mut mock = Mock::start(Reply::json("200 OK", TOKEN)).await;
    let client = Arc::new(client(&format!("{}/token", mock.origin), ""));
    let http = Arc::new(Http::new(&UpstreamOptions::default()));
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let (client, http) = (client.clone(), http.clone());
            tokio::spawn(async move { client.header(&http, &base("https://api.example")).await.unwrap() })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), "Bearer tok-1");
    }
    mock.request().await;
    assert!(mock.is_untouched());
}

#[tokio::test]
async fn a_token_is_replaced_before_it_expires_and_after_the_api_refused_it() {
    for (answer, age, again) in [
        (TOKEN, 3500, false),
        (TOKEN, 3545, true),
        (r#"{"access_token":"t","expires_in":"10"}"#, 8, false),
        (r#"{"access_token":"t","expires_in":"10"}"#, 10, true),
        (r#"{"access_token":"t","token_type":"bearer"}"#, 200, false),
        (r#"{"access_token":"t","expires_in":0}"#, 0, true),
    ] {
        let mut mock = Mock::start(Reply::json("200 OK", answer)).await;
        let client = client("token", "");
        let first = header(&client, &mock.origin).await.unwrap();
        mock.request().await;
        // As if the time had passed: a paused clock would pass the limits of the connection too.
        if let Some(token) = client.state.lock().await.token.as_mut() {
            token.refresh = token.refresh.checked_sub(Duration::from_secs(age)).unwrap();
        }
        header(&client, &mock.origin).await.unwrap();
        assert_eq!(!mock.is_untouched(), again, "{answer} after {age} s");
        client.forget(&HeaderValue::from_str(&first).unwrap()).await;
        assert!(client.state.lock().await.token.is_none());
    }
}

#[tokio::test]
async fn refusals_are_classified_and_i11_say_nothing_secret() {
    for (status, body, kind, words) in [
        ("400 Bad Request", r#"{"error":"invalid_scope"}"#, ErrorKind::Unauthenticated, "invalid_scope"),
        ("403 Forbidden", "s3cr/t:", ErrorKind::Unauthenticated, "status 403"),
        ("503 Service Unavailable", "", ErrorKind::UpstreamUnavailable, "503"),
        ("200 OK", "<html>", ErrorKind::BadResponse, "no JSON"),
        ("200 OK", "{}", ErrorKind::BadResponse, "no access_token"),
        ("200 OK", r#"{"access_token":"a","token_type":"mac"}"#, ErrorKind::BadResponse, "mac"),
        ("200 OK", r#"{"access_token":"a\r\nb"}"#, ErrorKind::BadResponse, "no header"),
        ("302 Found", "", ErrorKind::Unauthenticated, "status 302"),
    ] {
        let mock = Mock::start(Reply::json(status, body)).await;
        let error = header(&client("token", ""), &mock.origin).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(words) && !error.message().contains("s3cr"), "{error}");
    }
}

#[tokio::test]
async fn an_endpoint_that_refuses_the_header_is_asked_with_the_body() {
    let mut mock = Mock::start(Reply::json("401 Unauthorized", r#"{"error":"invalid_client"}"#)).await;
    let error = header(&client("token", ""), &mock.origin).await.unwrap_err();
    assert!(error.message().contains("T_CLIENT_SECRET: invalid_client"), "{error}");
    assert!(mock.request().await.contains("\r\nauthorization: Basic "));
    let second = mock.request().await;
    assert!(!second.contains("authorization:"), "{second}");
    assert!(second.ends_with("grant_type=client_credentials&client_id=my%20id&client_secret=s3cr%2Ft%3A"), "{second}");
}

#[test]
fn o5_secrets_go_to_https_or_loopback_only() {
    for text in ["https://id.example/token", "http://127.0.0.1:1/t", "http://localhost/t", "http://[::1]/t"] {
        assert!(matches!(Endpoint::parse(text), Ok(Endpoint::Url(_))), "{text}");
    }
    for text in [
        "http://id.example/token",
        "ftp://a/b",
        "https://u:p@a/b",
        "//evil.example/t",
        "http://127.evil.example/",
        "https://",
    ] {
        assert!(Endpoint::parse(text).is_err(), "{text}");
    }
    let base = base("https://api.example");
    for (text, url) in [("/oauth/token", "https://api.example/oauth/token"), ("token", "https://api.example/token")] {
        assert_eq!(Endpoint::parse(text).unwrap().url(&base).unwrap().as_str(), url);
    }
}

#[test]
fn i11_a_client_does_not_print_its_secret() {
    let printed = format!("{:?}", client("https://id.example/token", ""));
    assert!(!printed.contains("s3cr"), "{printed}");
}
