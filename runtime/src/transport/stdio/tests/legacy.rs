//! The revisions with a handshake: expected answers are written from their specifications and schemas.

use super::*;

const REVISIONS: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

fn call(id: u32, name: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{name}","arguments":{{}}}}}}"#)
}

#[tokio::test]
async fn the_handshake_has_what_each_revision_has() {
    let tail = r#""prompts":{},"resources":{},"tools":{}},"#;
    for (asked, answered, capabilities, info) in [
        ("2024-11-05", "2024-11-05", r#""logging":{},"#, r#"{"name":"fixture","version":"1.2.3"}"#),
        ("2025-03-26", "2025-03-26", r#""logging":{},"completions":{},"#, r#"{"name":"fixture","version":"1.2.3"}"#),
        (
            "2025-06-18",
            "2025-06-18",
            r#""logging":{},"completions":{},"#,
            r#"{"name":"fixture","title":"Fixture","version":"1.2.3"}"#,
        ),
        (
            "2025-11-25",
            "2025-11-25",
            r#""logging":{},"completions":{},"#,
            r#"{"name":"fixture","title":"Fixture","version":"1.2.3","description":"For tests."}"#,
        ),
        (
            "1.0",
            "2025-11-25",
            r#""logging":{},"completions":{},"#,
            r#"{"name":"fixture","title":"Fixture","version":"1.2.3","description":"For tests."}"#,
        ),
        (
            "2026-07-28",
            "2025-11-25",
            r#""logging":{},"completions":{},"#,
            r#"{"name":"fixture","title":"Fixture","version":"1.2.3","description":"For tests."}"#,
        ),
    ] {
        let (mut client, _) = Client::new();
        let result = format!(
            r#"{{"jsonrpc":"2.0","id":0,"result":{{"protocolVersion":"{answered}","capabilities":{{{capabilities}{tail}"serverInfo":{info},"instructions":"Be brief."}}}}"#
        );
        client
            .dialogue(&[
                (&initialize(asked), &result),
                (r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, ""),
            ])
            .await;
    }
}

#[tokio::test]
async fn before_the_handshake_there_is_only_ping() {
    let (mut client, _) = Client::new();
    client
        .dialogue(&[
            (r#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#, r#"{"jsonrpc":"2.0","id":"p","result":{}}"#),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{}}"#, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#),
            (r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, ""),
            (r#"{"jsonrpc":"2.0","method":"tools/list"}"#, ""),
        ])
        .await;
    for method in ["tools/list", "tools/call", "server/discover", "logging/setLevel", "nothing"] {
        client.send(&format!(r#"{{"jsonrpc":"2.0","id":2,"method":"{method}"}}"#)).await;
        let answer = client.line().await;
        assert!(answer.starts_with(r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32602,"#), "{answer}");
        assert!(answer.contains("2025-11-25") && answer.contains("2026-07-28"), "names the versions: {answer}");
    }
    client.send(r#"{"jsonrpc":"2.0","id":3,"method":"initialize","params":{}}"#).await;
    assert!(client.line().await.starts_with(r#"{"jsonrpc":"2.0","id":3,"error":{"code":-32602,"#));
}

#[tokio::test]
async fn tools_are_listed_with_what_each_revision_has() {
    for (revision, echo, report, list) in [
        (
            "2024-11-05",
            r#"{"name":"echo","description":"Says it again.","inputSchema":{"type":"object","properties":{"any":{},"none":{"not":{}}}}}"#,
            r#"{"name":"report","description":"An object with a text of its own.","inputSchema":{"type":"object"}}"#,
            r#"{"name":"list","description":"A list.","inputSchema":{"type":"object"}}"#,
        ),
        (
            "2025-03-26",
            r#"{"name":"echo","description":"Says it again.","inputSchema":{"type":"object","properties":{"any":{},"none":{"not":{}}}},"annotations":{"title":"Echo","readOnlyHint":true,"openWorldHint":false}}"#,
            r#"{"name":"report","description":"An object with a text of its own.","inputSchema":{"type":"object"}}"#,
            r#"{"name":"list","description":"A list.","inputSchema":{"type":"object"}}"#,
        ),
        (
            "2025-06-18",
            r#"{"name":"echo","title":"Echo","description":"Says it again.","inputSchema":{"type":"object","properties":{"any":{},"none":{"not":{}}}},"annotations":{"readOnlyHint":true,"openWorldHint":false}}"#,
            r#"{"name":"report","description":"An object with a text of its own.","inputSchema":{"type":"object"},"outputSchema":{"type":"object","properties":{"n":{}}}}"#,
            r#"{"name":"list","description":"A list.","inputSchema":{"type":"object"}}"#,
        ),
        (
            "2025-11-25",
            r#"{"name":"echo","title":"Echo","description":"Says it again.","inputSchema":{"type":"object","properties":{"any":{},"none":{"not":{}}}},"annotations":{"readOnlyHint":true,"openWorldHint":false}}"#,
            r#"{"name":"report","description":"An object with a text of its own.","inputSchema":{"type":"object"},"outputSchema":{"type":"object","properties":{"n":{}}}}"#,
            r#"{"name":"list","description":"A list.","inputSchema":{"type":"object"}}"#,
        ),
    ] {
        let (mut client, _) = Client::legacy(revision).await;
        client.send(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).await;
        let tools = client.line().await;
        assert!(tools.starts_with(r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"echo","#), "{tools}");
        assert!(tools.ends_with("}]}}"), "no resultType, no caching, no _meta: {tools}");
        for expected in [echo, report, list] {
            assert!(tools.contains(&format!("{expected},")), "{revision}: {expected} in {tools}");
        }
    }
}

#[tokio::test]
async fn resources_and_prompts_have_titles_from_2025_06_18() {
    for revision in REVISIONS {
        let titles = revision >= "2025-06-18";
        let title = |text: &str| if titles { format!(r#""title":"{text}","#) } else { String::new() };
        let last_title = if titles { r#","title":"Current""# } else { "" };
        let (mut client, _) = Client::legacy(revision).await;
        client
            .dialogue(&[
                (
                    r#"{"jsonrpc":"2.0","id":1,"method":"resources/list","params":{}}"#,
                    &format!(
                        r#"{{"jsonrpc":"2.0","id":1,"result":{{"resources":[{{"uri":"fix://static","name":"static",{}"description":"A text.","mimeType":"text/plain"}}]}}}}"#,
                        title("Static")
                    ),
                ),
                (
                    r#"{"jsonrpc":"2.0","id":2,"method":"resources/templates/list"}"#,
                    &format!(
                        r#"{{"jsonrpc":"2.0","id":2,"result":{{"resourceTemplates":[{{"uriTemplate":"fix://{{city}}/current","name":"current"{last_title}}}]}}}}"#
                    ),
                ),
                (
                    r#"{"jsonrpc":"2.0","id":3,"method":"prompts/list"}"#,
                    &format!(
                        r#"{{"jsonrpc":"2.0","id":3,"result":{{"prompts":[{{"name":"greet",{}"description":"Greets.","arguments":[{{"name":"who",{}"required":true}}]}}]}}}}"#,
                        title("Greet"),
                        title("Who")
                    ),
                ),
                (
                    r#"{"jsonrpc":"2.0","id":4,"method":"resources/read","params":{"uri":"fix://static"}}"#,
                    r#"{"jsonrpc":"2.0","id":4,"result":{"contents":[{"uri":"fix://static","mimeType":"text/plain","text":"static text"}]}}"#,
                ),
                (
                    r#"{"jsonrpc":"2.0","id":5,"method":"resources/read","params":{"uri":"fix://nowhere"}}"#,
                    r#"{"jsonrpc":"2.0","id":5,"error":{"code":-32002,"message":"Resource not found","data":{"uri":"fix://nowhere"}}}"#,
                ),
                (
                    r#"{"jsonrpc":"2.0","id":6,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"greet"},"argument":{"name":"who","value":"g"}}}"#,
                    r#"{"jsonrpc":"2.0","id":6,"result":{"completion":{"values":["Grace"],"total":1,"hasMore":false}}}"#,
                ),
            ])
            .await;
    }
}

#[tokio::test]
async fn results_drop_what_a_revision_lacks_and_lose_nothing() {
    for revision in REVISIONS {
        let (mut client, _) = Client::legacy(revision).await;
        let structured = revision >= "2025-06-18";
        let report = if structured {
            r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"n is 7"}],"structuredContent":{"n":7}}}"#
        } else {
            r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"n is 7"},{"type":"text","text":"{\"n\":7}"}]}}"#
        };
        let audio = if revision >= "2025-03-26" {
            r#"{"type":"audio","data":"YQ==","mimeType":"audio/wav"}"#
        } else {
            r#"{"type":"text","text":"[audio/wav: sound is not part of protocol revision 2024-11-05]"}"#
        };
        let link = if structured {
            r#"{"type":"resource_link","uri":"fix://static","name":"static"}"#
        } else {
            r#"{"type":"text","text":"static: fix://static"}"#
        };
        client
            .dialogue(&[
                (&call(1, "report"), report),
                (
                    // An array is no structured content before the modern era; its text is there already.
                    &call(2, "list"),
                    r#"{"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"[1,2]"}]}}"#,
                ),
                (
                    &call(3, "mixed"),
                    &format!(
                        r#"{{"jsonrpc":"2.0","id":3,"result":{{"content":[{{"type":"text","text":"line\nbreak"}},{{"type":"image","data":"aQ==","mimeType":"image/png"}},{audio},{{"type":"resource","resource":{{"uri":"fix://r","mimeType":"text/plain","text":"r"}}}},{link}]}}}}"#
                    ),
                ),
            ])
            .await;
        client.send(&call(4, "fail")).await;
        let failed = client.line().await;
        assert!(failed.contains(r#""isError":true,"_meta":{"dev.mcpgen/error":{"type":"CityNotFound","#), "{failed}");
        client
            .send(
                r#"{"jsonrpc":"2.0","id":5,"method":"prompts/get","params":{"name":"greet","arguments":{"who":"A"}}}"#,
            )
            .await;
        let prompt: serde_json::Value = serde_json::from_str(&client.line().await).unwrap();
        let expected: serde_json::Value = serde_json::from_str(link).unwrap();
        assert_eq!(prompt["result"]["messages"][1]["content"], expected);
    }
}

#[tokio::test]
async fn methods_of_the_modern_era_and_of_capabilities_that_are_missing_do_not_exist() {
    let (mut client, _) = Client::legacy("2025-11-25").await;
    for method in
        ["server/discover", "subscriptions/listen", "resources/subscribe", "resources/unsubscribe", "tasks/get", ""]
    {
        client.send(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{}}}}"#)).await;
        let expected =
            format!(r#"{{"jsonrpc":"2.0","id":1,"error":{{"code":-32601,"message":"Method not found: {method}"}}}}"#);
        assert_eq!(client.line().await, expected);
    }
}

#[tokio::test]
async fn the_session_has_a_log_level() {
    let (mut client, _) = Client::legacy("2025-11-25").await;
    let warning = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"warning","logger":"steps","data":{"at":50}}}"#;
    let done = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"done"}]}}"#;
    let set = |level: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":2,"method":"logging/setLevel","params":{{"level":"{level}"}}}}"#)
    };
    client.dialogue(&[(&call(1, "steps"), warning)]).await;
    assert_eq!(client.line().await, done);
    client.dialogue(&[(&set("error"), r#"{"jsonrpc":"2.0","id":2,"result":{}}"#), (&call(1, "steps"), done)]).await;
    client.dialogue(&[(&set("debug"), r#"{"jsonrpc":"2.0","id":2,"result":{}}"#)]).await;
    client.send(&call(1, "steps")).await;
    assert!(client.line().await.contains(r#""level":"debug","data":"begun""#));
    assert_eq!([client.line().await, client.line().await], [warning, done]);
    client.send(&set("loud")).await;
    assert!(client.line().await.starts_with(r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32602,"#));
}

#[tokio::test]
async fn progress_has_a_message_from_2025_03_26() {
    for revision in REVISIONS {
        let (mut client, _) = Client::legacy(revision).await;
        client.send(r#"{"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{"level":"emergency"}}"#).await;
        client.line().await;
        client
            .send(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"steps","_meta":{"progressToken":3}}}"#)
            .await;
        let message = if revision == "2024-11-05" { "" } else { r#","message":"half""# };
        let half = format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":3,"progress":50,"total":100{message}}}}}"#
        );
        assert_eq!(client.line().await, half);
    }
}

#[tokio::test]
async fn batches_belong_to_2025_03_26() {
    for revision in ["2024-11-05", "2025-06-18", "2025-11-25"] {
        let (mut client, _) = Client::legacy(revision).await;
        client.send(r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#).await;
        let answer = client.line().await;
        assert!(answer.starts_with(r#"{"jsonrpc":"2.0","error":{"code":-32600,"#), "{revision}: {answer}");
    }
    let (mut client, _) = Client::new();
    client.send(r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#).await;
    assert!(client.line().await.starts_with(r#"{"jsonrpc":"2.0","error":{"code":-32600,"#), "before the handshake");
}

#[tokio::test]
async fn the_answers_of_a_batch_leave_together() {
    let (mut client, _) = Client::legacy("2025-03-26").await;
    let pong = |id: &str| format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#);
    let ping = |id: u32| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
    let notification = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    client
        .dialogue(&[
            (&format!("[{},{notification},{}]", ping(1), ping(2)), &format!("[{},{}]", pong("1"), pong("2"))),
            (&format!("[{notification}]"), ""),
            (&format!(" [ {} ] ", ping(3)), &format!("[{}]", pong("3"))),
        ])
        .await;
    // A call is as slow as it is; the batch waits for it.
    client
        .send(&format!(
            r#"[{{"jsonrpc":"2.0","id":"slow","method":"tools/call","params":{{"name":"wait","arguments":{{"ms":30}}}}}},{},7,{{"jsonrpc":"2.0","id":5,"method":"initialize","params":{{"protocolVersion":"2025-03-26"}}}},{}]"#,
            ping(4),
            modern("6", "tools/list", "")
        ))
        .await;
    let answers: Vec<serde_json::Value> = serde_json::from_str(&client.line().await).unwrap();
    let codes: Vec<_> = answers.iter().map(|answer| (answer["id"].clone(), answer["error"]["code"].as_i64())).collect();
    assert_eq!(
        codes,
        [
            (4.into(), None),
            (serde_json::Value::Null, Some(-32600)),
            (5.into(), Some(-32600)),
            (6.into(), Some(-32600)),
            ("slow".into(), None)
        ]
    );
    assert!(answers[1].get("id").is_none(), "left out, not null");
}

#[tokio::test]
async fn i3_batches_hold_1_to_64_messages() {
    let (mut client, _) = Client::legacy("2025-03-26").await;
    let batch = |count: usize| format!("[{}]", vec![r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#; count].join(","));
    client.send(&batch(64)).await;
    assert_eq!(client.line().await.matches(r#""result":{}"#).count(), 64);
    for count in [0, 65] {
        client.send(&batch(count)).await;
        assert!(client.line().await.starts_with(r#"{"jsonrpc":"2.0","error":{"code":-32600,"#), "{count}");
    }
}

#[tokio::test]
async fn a_cancelled_member_is_missing_in_the_answer_of_its_batch() {
    let (mut client, _) = Client::legacy("2025-03-26").await;
    let wait = |id: u32| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"wait"}}}}"#);
    let cancel =
        |id: u32| format!(r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{id}}}}}"#);
    client.send(&format!(r#"[{},{{"jsonrpc":"2.0","id":2,"method":"ping"}}]"#, wait(1))).await;
    client.send(&cancel(1)).await;
    assert_eq!(client.line().await, r#"[{"jsonrpc":"2.0","id":2,"result":{}}]"#);
    client.send(&format!("[{}]", wait(3))).await;
    client.dialogue(&[(&cancel(3), "")]).await;
}

#[tokio::test]
async fn both_eras_speak_on_one_process() {
    let (mut client, _) = Client::legacy("2025-06-18").await;
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"resources/list"}"#;
    client.send(&modern("2", "resources/list", "")).await;
    assert!(client.line().await.contains(r#""resultType":"complete""#));
    client.send(list).await;
    assert!(!client.line().await.contains("resultType"));
    // A modern log level is not the session's, nor the other way round.
    let steps = r#""name":"steps","#;
    client.send(&modern("3", "tools/call", steps)).await;
    assert!(client.line().await.starts_with(r#"{"jsonrpc":"2.0","id":3,"result":"#));
}
