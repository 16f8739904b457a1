use crate::options::{Expose, Options, ParameterOptions, Selection, ToolOptions};
use crate::{Builder, Generated};

const PETSTORE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/petstore.yaml");

fn searching(options: Options) -> Result<Generated, String> {
    let options = Options { expose: Some(Expose::Search), ..options };
    Builder::new(PETSTORE).options(options).generate().map_err(|failure| failure.to_string())
}

fn names(generated: &Generated) -> (Vec<&str>, Vec<&str>) {
    let surface = generated.surface();
    (
        surface.tools.iter().map(|tool| tool.name.as_str()).collect(),
        surface.operations.iter().map(|tool| tool.name.as_str()).collect(),
    )
}

#[test]
fn every_operation_is_found_and_none_is_listed() {
    let generated = searching(Options::default()).unwrap();
    let (tools, operations) = names(&generated);
    assert_eq!(tools, super::NAMES);
    let all = ["list_pets", "create_pet", "get_pet", "update_pet", "delete_pet", "get_inventory", "list_owner_pets"];
    assert_eq!(operations, all);
    assert!(generated.surface().resources.is_empty() && generated.surface().templates.is_empty());
    for gone in ["src/tools.rs", "src/types.rs", "src/errors.rs"] {
        assert!(generated.files().get(gone).is_none(), "there is {gone}");
    }
    let catalog = generated.files().get("src/catalog.jsonl").unwrap();
    assert_eq!(catalog.text().lines().count(), 1 + all.len());
    assert!(!catalog.owned() && crate::files::is_generated(catalog.text()));
}

#[test]
fn pinned_operations_stay_tools_and_what_is_left_out_is_nowhere() {
    let pin = Selection { methods: vec!["delete".to_owned()], ..Selection::default() };
    let exclude = Selection { paths: vec!["/inventory".to_owned()], ..Selection::default() };
    let own = ToolOptions { expose: Some(Expose::Both), ..ToolOptions::default() };
    let tools = [("getPet".to_owned(), own)].into();
    let generated = searching(Options { pin, exclude, tools, ..Options::default() }).unwrap();
    let (tools, operations) = names(&generated);
    assert_eq!(tools, ["get_pet", "delete_pet", super::NAMES[0], super::NAMES[1], super::NAMES[2]]);
    assert_eq!(operations, ["list_pets", "create_pet", "update_pet", "list_owner_pets"]);
    assert_eq!(generated.surface().templates.len(), 1);
}

#[test]
fn the_limit_of_tools_counts_what_is_listed() {
    assert!(searching(Options { max_tools: Some(3), ..Options::default() }).is_ok());
    let failure = searching(Options { max_tools: Some(2), ..Options::default() }).unwrap_err();
    assert!(failure.contains("error[E0605]: 3 tools"), "{failure}");
}

#[test]
fn an_operation_gives_way_to_the_tools_of_search_mode() {
    let document = "openapi: 3.1.0\ninfo: {title: A, version: '1'}\nservers: [{url: https://a.example}]\npaths:\n  \
                    /a: {get: {operationId: call_operation, x-mcp: {expose: search}, responses: {200: {description: A.}}}}\n  \
                    /b: {get: {operationId: other, responses: {200: {description: B.}}}}\n";
    let generated = Builder::new("a.yaml").bytes(document).generate().unwrap();
    let (tools, operations) = names(&generated);
    assert_eq!(tools, ["other", super::NAMES[0], super::NAMES[1], super::NAMES[2]]);
    assert_eq!(operations, ["call_operation_2"]);
    assert!(generated.warnings(false).contains("W0601"), "{}", generated.warnings(false));
}

#[test]
fn a_call_is_as_harmless_as_the_worst_operation() {
    let reads = Selection { methods: vec!["get".to_owned()], ..Selection::default() };
    let generated = searching(Options { include: reads, ..Options::default() }).unwrap();
    let call = generated.surface().tools.iter().find(|tool| tool.name == "call_operation").unwrap();
    assert_eq!((call.read_only, call.destructive, call.idempotent), (Some(true), None, Some(true)));
    let generated = searching(Options::default()).unwrap();
    let call = generated.surface().tools.iter().find(|tool| tool.name == "call_operation").unwrap();
    assert_eq!((call.read_only, call.destructive, call.idempotent), (Some(false), Some(true), Some(false)));
}

#[test]
fn a_server_spec_has_no_search_mode() {
    let weather = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/weather.yaml");
    let options = Options { expose: Some(Expose::Search), ..Options::default() };
    let failure = Builder::new(weather).options(options).generate().unwrap_err().to_string();
    assert!(failure.contains("error[E0610]") && failure.contains("server spec"), "{failure}");
}

/// What hides an argument from clients hides it from the catalogue, too.
#[test]
fn hidden_arguments_are_in_the_request_and_not_in_the_schema() {
    let hidden = |env: Option<&str>, value| ParameterOptions {
        env: env.map(str::to_owned),
        value,
        ..ParameterOptions::default()
    };
    let parameters = [
        ("limit".to_owned(), hidden(None, Some(serde_json::json!(5)))),
        ("X-Request-Id".to_owned(), hidden(Some("PETS_REQUEST"), None)),
    ];
    let own = ToolOptions { parameters: parameters.into(), ..ToolOptions::default() };
    let generated = searching(Options { tools: [("listPets".to_owned(), own)].into(), ..Options::default() }).unwrap();
    let catalog = generated.files().get("src/catalog.jsonl").unwrap().text();
    let line = catalog.lines().find(|line| line.starts_with("{\"name\":\"list_pets\"")).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    let properties: Vec<_> = line["input"]["properties"].as_object().unwrap().keys().collect();
    assert_eq!(properties, ["status", "tags"]);
    assert_eq!(
        line["request"]["fixed"],
        serde_json::json!([{"argument": "X-Request-Id", "env": "PETS_REQUEST"}, {"argument": "limit", "value": 5}])
    );
    // The server must know the variable before it reads the line.
    assert!(generated.files().get("src/operations.rs").unwrap().text().contains("PETS_REQUEST"));
    assert!(generated.surface().settings.iter().any(|setting| setting.env == "PETS_REQUEST"));
}

/// SECURITY.md G3 and M2: nothing of a document begins a line, or is not seen in one.
#[test]
fn a_line_stays_a_line_whatever_the_document_says() {
    let text = "a\\n{\\\"name\\\":\\\"evil\\\"}\\r\\u2028\\u202e\\u0085\\u200b b";
    let document = format!(
        "openapi: 3.1.0\ninfo: {{title: A, version: '1'}}\nservers: [{{url: https://a.example}}]\npaths:\n  /a:\n    get:\n      \
         operationId: a\n      summary: \"{text}\"\n      description: \"{text}\"\n      responses: {{200: {{description: \"{text}\"}}, \
         404: {{description: \"{text}\"}}}}\n"
    );
    let options = Options { expose: Some(Expose::Search), ..Options::default() };
    let generated = Builder::new("a.yaml").bytes(document).options(options).generate().unwrap();
    let catalog = generated.files().get("src/catalog.jsonl").unwrap().text();
    assert_eq!(catalog.lines().count(), 2, "{catalog}");
    assert!(!catalog.chars().any(|c| c != '\n' && crate::rust::is_hazardous(c)), "{catalog:?}");
}
