//! Revision 2026-07-28: expected answers are written from its specification and schema.

use super::*;

const INFO: &str = r#""_meta":{"io.modelcontextprotocol/serverInfo":{"name":"fixture","version":"1.2.3"}}"#;

fn ok(id: &str, members: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"complete",{members},{INFO}}}}}"#)
}

fn error(id: &str, error: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#)
}

async fn check(rows: &[(String, String)]) {
    let (mut client, _) = Client::new();
    for (message, answer) in rows {
        client.dialogue(&[(message, answer)]).await;
    }
}

#[tokio::test]
async fn discovery_names_versions_capabilities_and_identity() {
    let result = concat!(
        r#"{"jsonrpc":"2.0","id":"d","result":{"resultType":"complete","supportedVersions":["2026-07-28"],"#,
        r#""capabilities":{"logging":{},"completions":{},"prompts":{},"resources":{},"tools":{}},"#,
        r#""instructions":"Be brief.","ttlMs":300000,"cacheScope":"public","#,
        r#""_meta":{"io.modelcontextprotocol/serverInfo":{"name":"fixture","title":"Fixture","version":"1.2.3","description":"For tests."}}}}"#,
    );
    check(&[(modern(r#""d""#, "server/discover", ""), result.to_owned())]).await;
}

#[tokio::test]
async fn a_server_without_handlers_advertises_and_serves_nothing() {
    let mut client = Client::of(fixture::empty(), Limits::default());
    client.send(&modern("1", "server/discover", "")).await;
    assert!(client.line().await.contains(r#""capabilities":{"logging":{}}"#));
    for method in
        ["tools/list", "tools/call", "resources/list", "resources/templates/list", "resources/read", "prompts/list"]
    {
        client.send(&modern("1", method, "")).await;
        let expected = error("1", &format!(r#"{{"code":-32601,"message":"Method not found: {method}"}}"#));
        assert_eq!(client.line().await, expected);
    }
}

#[tokio::test]
async fn lists_have_what_the_revision_has() {
    check(&[
        (
            modern("1", "resources/list", ""),
            ok(
                "1",
                r#""resources":[{"uri":"fix://static","name":"static","title":"Static","description":"A text.","mimeType":"text/plain"}],"ttlMs":300000,"cacheScope":"public""#,
            ),
        ),
        (
            modern("2", "resources/templates/list", r#""cursor":"","#),
            ok(
                "2",
                r#""resourceTemplates":[{"uriTemplate":"fix://{city}/current","name":"current","title":"Current"}],"ttlMs":300000,"cacheScope":"public""#,
            ),
        ),
        (
            modern("3", "prompts/list", r#""cursor":null,"#),
            ok(
                "3",
                r#""prompts":[{"name":"greet","title":"Greet","description":"Greets.","arguments":[{"name":"who","title":"Who","required":true}]}],"ttlMs":300000,"cacheScope":"public""#,
            ),
        ),
    ])
    .await;
    let (mut client, _) = Client::new();
    client.send(&modern("1", "tools/list", "")).await;
    let tools = client.line().await;
    for expected in [
        r#"{"name":"echo","title":"Echo","description":"Says it again.","inputSchema":{"type":"object","properties":{"any":true,"none":false}},"annotations":{"readOnlyHint":true,"openWorldHint":false}}"#,
        r#"{"name":"list","description":"A list.","inputSchema":{"type":"object"},"outputSchema":{"type":"array"}}"#,
        r#"{"name":"report","description":"An object with a text of its own.","inputSchema":{"type":"object"},"outputSchema":{"type":"object","properties":{"n":true}}}"#,
    ] {
        assert!(tools.contains(expected), "{tools}");
    }
}

#[tokio::test]
async fn calls_answer_with_content_and_structured_content() {
    check(&[
        (
            modern("1", "tools/call", r#""name":"echo","arguments":{"b": 1.50, "a": "é"},"#),
            ok("1", r#""content":[{"type":"text","text":"{\"b\":1.50,\"a\":\"é\"}"}],"structuredContent":{"b":1.50,"a":"é"}"#),
        ),
        (
            modern("2", "tools/call", r#""name":"list","#),
            ok("2", r#""content":[{"type":"text","text":"[1,2]"}],"structuredContent":[1,2]"#),
        ),
        (
            modern("3", "tools/call", r#""name":"report","arguments":{},"#),
            ok("3", r#""content":[{"type":"text","text":"n is 7"}],"structuredContent":{"n":7}"#),
        ),
        (
            modern("4", "tools/call", r#""name":"mixed","arguments":{},"#),
            ok(
                "4",
                r#""content":[{"type":"text","text":"line\nbreak"},{"type":"image","data":"aQ==","mimeType":"image/png"},{"type":"audio","data":"YQ==","mimeType":"audio/wav"},{"type":"resource","resource":{"uri":"fix://r","mimeType":"text/plain","text":"r"}},{"type":"resource_link","uri":"fix://static","name":"static"}]"#,
            ),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_failed_call_is_a_result_with_the_typed_error() {
    let object =
        r#"{"type":"CityNotFound","kind":"not_found","message":"No such city","retryable":false,"data":{"city":"x"}}"#;
    let text = serde_json::to_string(&format!(r#"{{"error":{object}}}"#)).unwrap();
    let expected = format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{{"resultType":"complete","content":[{{"type":"text","text":{text}}}],"isError":true,"_meta":{{"dev.mcpgen/error":{object},"io.modelcontextprotocol/serverInfo":{{"name":"fixture","version":"1.2.3"}}}}}}}}"#
    );
    check(&[(modern("1", "tools/call", r#""name":"fail","arguments":{},"#), expected)]).await;
}

#[tokio::test]
async fn resources_prompts_and_completions() {
    let hundred: Vec<_> = (0..100).map(|number| format!("\"to{number}\"")).collect();
    check(&[
        (
            modern("1", "resources/read", r#""uri":"fix://static","#),
            ok(
                "1",
                r#""contents":[{"uri":"fix://static","mimeType":"text/plain","text":"static text"}],"ttlMs":0,"cacheScope":"private""#,
            ),
        ),
        (
            modern("2", "resources/read", r#""uri":"fix://tokyo/current","#),
            ok("2", r#""contents":[{"uri":"fix://tokyo/current","text":"22"}],"ttlMs":0,"cacheScope":"private""#),
        ),
        (
            modern("3", "prompts/get", r#""name":"greet","arguments":{"who":"Ada"},"#),
            ok(
                "3",
                r#""description":"Greets.","messages":[{"role":"user","content":{"type":"text","text":"Greet Ada"}},{"role":"assistant","content":{"type":"resource_link","uri":"fix://static","name":"static"}}]"#,
            ),
        ),
        (
            modern(
                "4",
                "completion/complete",
                r#""ref":{"type":"ref/prompt","name":"greet"},"argument":{"name":"who","value":"a"},"#,
            ),
            ok("4", r#""completion":{"values":["Ada","Alan"],"total":2,"hasMore":false}"#),
        ),
        (
            modern(
                "5",
                "completion/complete",
                r#""ref":{"type":"ref/resource","uri":"fix://{city}/current"},"argument":{"name":"city","value":"to"},"#,
            ),
            ok("5", &format!(r#""completion":{{"values":[{}],"total":120,"hasMore":true}}"#, hundred.join(","))),
        ),
        (
            modern(
                "6",
                "completion/complete",
                r#""ref":{"type":"ref/resource","uri":"fix://{city}/current"},"argument":{"name":"city","value":"to"},"context":{"arguments":{"country":"Japan"}},"#,
            ),
            ok("6", r#""completion":{"values":["to in Japan"],"total":1,"hasMore":false}"#),
        ),
    ])
    .await;
}

#[tokio::test]
async fn unknown_names_and_malformed_parameters_are_invalid_params() {
    let (mut client, _) = Client::new();
    for (method, params) in [
        ("tools/call", r#""name":"nothing","#),
        ("tools/call", ""),
        ("tools/call", r#""name":7,"#),
        ("tools/call", r#""name":"echo","arguments":[],"#),
        ("prompts/get", r#""name":"nothing","#),
        ("prompts/get", r#""name":"greet","arguments":{},"#),
        ("prompts/get", r#""name":"greet","arguments":{"who":1},"#),
        ("resources/read", ""),
        ("tools/list", r#""cursor":"bogus","#),
        ("tools/list", r#""cursor":1,"#),
        ("completion/complete", r#""ref":{"type":"ref/prompt","name":"nothing"},"argument":{"name":"a","value":""},"#),
    ] {
        client.send(&modern("1", method, params)).await;
        let answer = client.line().await;
        assert!(
            answer.starts_with(r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"#),
            "{method} {params}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_missing_resource_is_invalid_params_with_its_uri() {
    check(&[(
        modern("1", "resources/read", r#""uri":"fix://nowhere","#),
        error("1", r#"{"code":-32602,"message":"Resource not found","data":{"uri":"fix://nowhere"}}"#),
    )])
    .await;
    let (mut client, _) = Client::new();
    client.send(&modern("1", "resources/read", r#""uri":"fix://atlantis/current","#)).await;
    let answer = client.line().await;
    assert!(answer.contains(r#""error":{"code":-32602,"#), "{answer}");
    assert!(answer.contains(r#""data":{"uri":"fix://atlantis/current","error":{"#), "{answer}");
}

#[tokio::test]
async fn the_ladder_in_its_order() {
    let request = |meta: &str, method: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":"x","method":"{method}","params":{{"_meta":{{{meta}}}}}}}"#)
    };
    let version = |version: &str| format!(r#""io.modelcontextprotocol/protocolVersion":{version}"#);
    let capabilities = r#","io.modelcontextprotocol/clientCapabilities":{}"#;
    let (mut client, _) = Client::new();
    for (meta, method, code) in [
        // 6 comes before 8 and 9: metadata that are incomplete …
        (String::new(), "nothing", -32602),
        (version(r#""2026-07-28""#), "nothing", -32602),
        (version(r#""1900-01-01""#), "nothing", -32602),
        (version("7") + capabilities, "nothing", -32602),
        (version("null") + capabilities, "tools/list", -32602),
        (version(r#""2026-07-28""#) + r#","io.modelcontextprotocol/clientCapabilities":[]"#, "tools/list", -32602),
        // … then the version …
        (version(r#""1900-01-01""#) + capabilities, "nothing", -32022),
        (version(r#""2025-11-25""#) + capabilities, "tools/list", -32022),
        // … then the method, the removed ones among them …
        (version(r#""2026-07-28""#) + capabilities, "nothing", -32601),
        (version(r#""2026-07-28""#) + capabilities, "initialize", -32601),
        (version(r#""2026-07-28""#) + capabilities, "ping", -32601),
        (version(r#""2026-07-28""#) + capabilities, "logging/setLevel", -32601),
        (version(r#""2026-07-28""#) + capabilities, "resources/subscribe", -32601),
        (version(r#""2026-07-28""#) + capabilities, "resources/unsubscribe", -32601),
        (
            version(r#""2026-07-28""#) + capabilities + r#","io.modelcontextprotocol/logLevel":"loud""#,
            "nothing",
            -32601,
        ),
        (version(r#""2026-07-28""#) + capabilities + r#","progressToken":1.5"#, "nothing", -32601),
        (version(r#""1900-01-01""#) + capabilities + r#","progressToken":1.5"#, "tools/list", -32022),
        // … then the parameters.
        (version(r#""2026-07-28""#) + capabilities, "tools/call", -32602),
        (
            version(r#""2026-07-28""#) + capabilities + r#","io.modelcontextprotocol/logLevel":"loud""#,
            "tools/list",
            -32602,
        ),
        (version(r#""2026-07-28""#) + capabilities + r#","progressToken":1.5"#, "tools/list", -32602),
    ] {
        client.send(&request(&meta, method)).await;
        let answer = client.line().await;
        let expected = format!(r#"{{"jsonrpc":"2.0","id":"x","error":{{"code":{code},"#);
        assert!(answer.starts_with(&expected), "{meta} {method}: {answer}");
    }
    check(&[(
        request(&(version(r#""1900-01-01""#) + capabilities), "tools/list"),
        error(
            r#""x""#,
            r#"{"code":-32022,"message":"Unsupported protocol version","data":{"supported":["2026-07-28"],"requested":"1900-01-01"}}"#,
        ),
    )])
    .await;
}

#[tokio::test]
async fn an_initialize_with_modern_metadata_names_the_version() {
    let (mut client, _) = Client::new();
    client.send(&modern("1", "initialize", "")).await;
    assert!(client.line().await.contains("2026-07-28"));
}

#[tokio::test]
async fn progress_and_log_messages_only_as_asked_for() {
    let (mut client, _) = Client::new();
    let call = r#""name":"steps","arguments":{},"#;
    let done = |id: &str| ok(id, r#""content":[{"type":"text","text":"done"}]"#);
    client.dialogue(&[(&modern("1", "tools/call", call), &done("1"))]).await;
    client
        .send(&modern_meta(
            "2",
            "tools/call",
            call,
            r#","progressToken":"p\u0061","io.modelcontextprotocol/logLevel":"info""#,
        ))
        .await;
    for expected in [
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p\u0061","progress":50,"total":100,"message":"half"}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"warning","logger":"steps","data":{"at":50}}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p\u0061","progress":100,"total":100}}"#,
        &done("2"),
    ] {
        assert_eq!(client.line().await, expected);
    }
}

#[tokio::test]
async fn subscriptions_are_acknowledged_and_stay_open_until_they_are_cancelled() {
    let (mut client, _) = Client::new();
    let listen = r#""notifications":{"toolsListChanged":true,"resourceSubscriptions":["fix://static"]},"#;
    for id in [r#""s""#, "9"] {
        client.send(&modern(id, "subscriptions/listen", listen)).await;
        let acknowledged = format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{{"_meta":{{"io.modelcontextprotocol/subscriptionId":{id}}},"notifications":{{}}}}}}"#
        );
        assert_eq!(client.line().await, acknowledged);
    }
    client
        .dialogue(&[(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"s"}}"#, "")])
        .await;
    client.send(&modern("1", "subscriptions/listen", "")).await;
    assert!(client.line().await.contains("-32602"), "no filter");
    assert_eq!(
        client.end().await,
        [
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9}}"#,
            r#"{"jsonrpc":"2.0","id":9,"result":{"resultType":"complete","_meta":{"io.modelcontextprotocol/subscriptionId":9,"io.modelcontextprotocol/serverInfo":{"name":"fixture","version":"1.2.3"}}}}"#,
        ]
    );
}

/// A server that announces everything, without tools.
fn announcing() -> Server {
    Server::builder(&fixture::DEF, ())
        .tools_list_changed()
        .prompts_list_changed()
        .resources_list_changed()
        .resource_subscriptions()
        .build()
}

#[tokio::test]
async fn each_subscription_gets_what_it_asked_for_and_its_own_id() {
    let server = announcing();
    let mut client = Client::of(server.clone(), Limits::default());
    let acknowledged = |id: &str, honoured: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{{"_meta":{{"io.modelcontextprotocol/subscriptionId":{id}}},"notifications":{{{honoured}}}}}}}"#
        )
    };
    for (id, filter, honoured) in [
        ("1", r#""toolsListChanged":true,"promptsListChanged":false"#, r#""toolsListChanged":true"#),
        (
            r#""1""#,
            r#""promptsListChanged":true,"resourcesListChanged":true,"resourceSubscriptions":["a://b"]"#,
            r#""promptsListChanged":true,"resourcesListChanged":true,"resourceSubscriptions":["a://b"]"#,
        ),
    ] {
        client.send(&modern(id, "subscriptions/listen", &format!(r#""notifications":{{{filter}}},"#))).await;
        assert_eq!(client.line().await, acknowledged(id, honoured));
    }
    let told = |method: &str, id: &str, more: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/{method}","params":{{"_meta":{{"io.modelcontextprotocol/subscriptionId":{id}}}{more}}}}}"#
        )
    };
    server.notify_tools_changed();
    assert_eq!(client.line().await, told("tools/list_changed", "1", ""));
    server.notify_resource_updated("a://other");
    server.notify_resource_updated("a://b");
    assert_eq!(client.line().await, told("resources/updated", r#""1""#, r#","uri":"a://b""#));
    server.notify_prompts_changed();
    assert_eq!(client.line().await, told("prompts/list_changed", r#""1""#, ""));
    server.notify_resources_changed();
    assert_eq!(client.line().await, told("resources/list_changed", r#""1""#, ""));
    // A number and a string are two ids; what is cancelled hears no more, and gets no answer.
    let cancel = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
    client.dialogue(&[(cancel, "")]).await;
    server.notify_tools_changed();
    server.notify_prompts_changed();
    assert_eq!(client.line().await, told("prompts/list_changed", r#""1""#, ""));
    // The id is free again, and one that is not is refused.
    client.send(&modern("1", "subscriptions/listen", r#""notifications":{"toolsListChanged":true},"#)).await;
    assert_eq!(client.line().await, acknowledged("1", r#""toolsListChanged":true"#));
    client.send(&modern("1", "subscriptions/listen", r#""notifications":{},"#)).await;
    assert!(client.line().await.contains("-32600"));
    let rest = client.end().await;
    assert_eq!(rest.len(), 4, "{rest:?}");
    for id in ["1", r#""1""#] {
        let closed = format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"complete","_meta":{{"io.modelcontextprotocol/subscriptionId":{id},"io.modelcontextprotocol/serverInfo":{{"name":"fixture","version":"1.2.3"}}}}}}}}"#
        );
        assert!(rest.contains(&closed), "{rest:?}");
    }
}

#[tokio::test]
async fn i5_subscriptions_of_a_process_are_bounded_and_so_is_what_they_hold() {
    let server = announcing();
    let limits = Limits { subscriptions: 3, ..Limits::default() };
    let mut client = Client::of(server.clone(), limits);
    let filter = r#""notifications":{"toolsListChanged":true},"#;
    for id in ["1", "2", "3"] {
        client.send(&modern(id, "subscriptions/listen", filter)).await;
        assert!(client.line().await.contains("acknowledged"));
    }
    client.send(&modern("4", "subscriptions/listen", filter)).await;
    assert!(client.line().await.contains("-32600"));
    // News that nobody has read are there once.
    for _ in 0..1000 {
        server.notify_tools_changed();
    }
    for _ in 0..3 {
        assert!(client.line().await.contains("list_changed"));
    }
    client.dialogue(&[(r#"{"jsonrpc":"2.0","method":"notifications/none"}"#, "")]).await;
}

#[tokio::test]
async fn pages_follow_each_other_and_cursors_are_the_lists_own() {
    let protocol = |count| {
        let options = Options { page_size: 2, ..Options::default() };
        Arc::new(Protocol::new(fixture::many_tools(count), options))
    };
    let names = |page: &serde_json::Value| -> Vec<String> {
        let tools = page["result"]["tools"].as_array().expect("tools");
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    };
    let ask = async |protocol: &Arc<Protocol>, cursor: &str| -> serde_json::Value {
        let line = modern("1", "tools/list", cursor) + "\n";
        let mut output = Vec::new();
        connection::serve(Arc::clone(protocol), line.as_bytes(), &mut output, Limits::default(), Heartbeat::none())
            .await
            .unwrap();
        serde_json::from_slice(&output).unwrap()
    };
    let five = protocol(5);
    let (mut all, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = ask(&five, &cursor).await;
        pages += 1;
        all.extend(names(&page));
        assert_eq!(page["result"]["cacheScope"], "public", "the same on all pages");
        match page["result"]["nextCursor"].as_str() {
            Some(next) => cursor = format!(r#""cursor":"{next}","#),
            None => break,
        }
    }
    assert_eq!((pages, all.join(" ").as_str()), (3, "t0 t1 t2 t3 t4"));
    let again = ask(&protocol(5), &cursor).await;
    assert_eq!(names(&again), ["t4"], "another instance understands the cursor");
    assert_eq!(ask(&protocol(4), &cursor).await["error"]["code"], -32602);
    let four = ask(&protocol(2), "").await;
    assert!(four["result"].get("nextCursor").is_none(), "a full last page is the last");
}

#[tokio::test]
async fn a_thousand_tools_are_one_page() {
    let mut output = Vec::new();
    let line = modern("1", "tools/list", "") + "\n";
    serve(fixture::many_tools(1000), line.as_bytes(), &mut output, Limits::default()).await.unwrap();
    let page: serde_json::Value = serde_json::from_slice(&output).unwrap();
    assert_eq!(page["result"]["tools"].as_array().unwrap().len(), 1000);
    assert!(page["result"].get("nextCursor").is_none());
}
