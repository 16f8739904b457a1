use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::options::{Expose, Options, ParameterOptions, ToolOptions};
use crate::{Builder, Generated};

const PETSTORE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/petstore.yaml");

fn with(key: &str, own: ToolOptions) -> Result<Generated, String> {
    let tools = BTreeMap::from([(key.to_owned(), own)]);
    let options = Options { tools, ..Options::default() };
    Builder::new(PETSTORE).options(options).generate().map_err(|failure| failure.to_string())
}

fn parameter(key: &str, argument: &str, own: ParameterOptions) -> Result<Generated, String> {
    with(key, ToolOptions { parameters: BTreeMap::from([(argument.to_owned(), own)]), ..ToolOptions::default() })
}

fn text(generated: &Generated, file: &str) -> String {
    let (_, file) = generated.files().iter().find(|(path, _)| *path == file).unwrap();
    file.text().to_owned()
}

fn fixed(value: Value) -> ParameterOptions {
    ParameterOptions { value: Some(value), ..ParameterOptions::default() }
}

#[test]
fn a_tool_is_meant_by_its_name_its_operation_id_or_its_route() {
    for key in ["get_pet", "getPet", "GET /pets/{petId}"] {
        let own = ToolOptions {
            name: Some("find_pet".to_owned()),
            append: Some("Slow.".to_owned()),
            ..ToolOptions::default()
        };
        let generated = with(key, own).unwrap();
        let tool = generated.surface().tools.iter().find(|tool| tool.name == "find_pet").unwrap();
        assert_eq!(tool.description, "Get one pet.\n\nReturns everything that is known about one pet.\n\nSlow.");
        let read =
            generated.surface().templates.iter().find(|template| template.uri == "petstore://pets/{petId}").unwrap();
        assert_eq!((read.name.as_str(), read.tool.as_deref()), ("find_pet", Some("find_pet")));
        assert!(text(&generated, "src/lib.rs").contains("fn find_pet("));
    }
}

#[test]
fn words_are_replaced() {
    let own = ToolOptions {
        title: Some("A pet".to_owned()),
        description: Some("One animal.".to_owned()),
        deadline_ms: Some(5_000),
        ..ToolOptions::default()
    };
    let generated = with("get_pet", own).unwrap();
    let tool = generated.surface().tools.iter().find(|tool| tool.name == "get_pet").unwrap();
    assert_eq!((tool.title.as_deref(), tool.description.as_str()), (Some("A pet"), "One animal."));
    assert!(text(&generated, "src/tools.rs").contains("deadline_ms: Some(5000)"));
}

#[test]
fn an_argument_has_another_name_and_the_wire_keeps_its_own() {
    let own = ParameterOptions { name: Some("id".to_owned()), ..ParameterOptions::default() };
    let generated = parameter("get_pet", "petId", own).unwrap();
    let tool = generated.surface().tools.iter().find(|tool| tool.name == "get_pet").unwrap();
    assert_eq!(
        tool.arguments.iter().map(|argument| (argument.name.as_str(), argument.required)).collect::<Vec<_>>(),
        [("id", true)]
    );
    assert!(generated.surface().templates.iter().any(|template| template.uri == "petstore://pets/{id}"));
    let operations = text(&generated, "src/operations.rs");
    let operation = operations.split("GET_PET:").nth(1).unwrap();
    assert!(operation.contains("argument: \"id\"") && operation.contains("name: \"petId\""), "{operation}");
}

#[test]
fn a_hidden_argument_has_a_constant_or_the_value_of_a_variable() {
    let generated = parameter("list_pets", "limit", fixed(json!(10))).unwrap();
    let tool = &generated.surface().tools[0];
    assert!(!tool.arguments.iter().any(|argument| argument.name == "limit"));
    assert!(generated.surface().templates.iter().any(|template| template.uri == "petstore://pets{?status,tags*}"));
    assert!(text(&generated, "src/operations.rs").contains("value: rt::FixedValue::Json(\"10\")"));

    let own = ParameterOptions { env: Some("PETS_TENANT".to_owned()), secret: true, ..ParameterOptions::default() };
    let generated = parameter("list_pets", "X-Request-Id", own).unwrap();
    let setting = generated.surface().settings.iter().find(|setting| setting.env == "PETS_TENANT").unwrap();
    assert!(setting.secret && !setting.required);
    let operations = text(&generated, "src/operations.rs");
    let flat: String = operations.split_whitespace().collect();
    assert!(flat.contains("rt::FixedValue::Env{env:\"PETS_TENANT\",json:false,}"), "{operations}");
}

#[test]
fn a_resource_whose_path_needs_a_hidden_argument_is_left_out() {
    let generated = parameter("get_pet", "petId", fixed(json!(3))).unwrap();
    assert!(!generated.surface().templates.iter().any(|template| template.uri.contains("petId")));
    assert!(generated.warnings(false).contains("warning[W0606]"));
}

#[test]
fn what_cannot_be_followed_is_an_error() {
    let rename = |name: &str| ParameterOptions { name: Some(name.to_owned()), ..ParameterOptions::default() };
    let both = ParameterOptions { env: Some("A".to_owned()), ..fixed(json!(1)) };
    let cases = [
        ("list_pets", "limt", fixed(json!(1)), "did you mean `limit`?"),
        ("list_pets", "limit", rename("status"), "gives two arguments one name"),
        ("list_pets", "limit", rename("a b"), "gives a name that clients refuse"),
        ("list_pets", "limit", fixed(json!("ten")), "is `\"ten\"`, and the argument is integer"),
        ("list_pets", "status", fixed(json!("gone")), "and the argument is one of"),
        ("list_pets", "limit", both, "has `value` and `env`"),
        ("list_pets", "limit", ParameterOptions { secret: true, ..rename("most") }, "has `secret` without `env`"),
        ("get_pets", "petId", fixed(json!(1)), "did you mean `get_pet`?"),
    ];
    for (tool, argument, own, expected) in cases {
        let problem = parameter(tool, argument, own).err().unwrap_or_default();
        assert!(problem.contains(expected), "{expected}: {problem}");
    }
    let tools = ["get_pet", "getPet"].map(|key| (key.to_owned(), ToolOptions::default()));
    let options = Options { tools: BTreeMap::from(tools), ..Options::default() };
    let failure = Builder::new(PETSTORE).options(options).generate().unwrap_err().to_string();
    assert!(failure.contains("`tools.getPet` and `tools.get_pet` mean one tool"), "{failure}");
}

#[test]
fn a_tool_is_offered_as_what_was_asked() {
    let offered = |key: &str, expose| {
        let generated = with(key, ToolOptions { expose: Some(expose), ..ToolOptions::default() })?;
        let surface = generated.surface();
        let tool = surface.tools.iter().any(|tool| tool.name == key);
        Ok::<_, String>((tool, surface.templates.iter().any(|template| template.tool.as_deref() == Some(key))))
    };
    assert_eq!(offered("get_pet", Expose::Both).unwrap(), (true, true));
    assert_eq!(offered("get_pet", Expose::Tool).unwrap(), (true, false));
    assert_eq!(offered("get_pet", Expose::Resource).unwrap(), (false, true));
    assert_eq!(offered("get_pet", Expose::Nothing).unwrap(), (false, false));
    assert!(offered("create_pet", Expose::Resource).unwrap_err().contains("error[E0608]"));
}

#[test]
fn reads_as_resources_only_leave_the_other_tools() {
    let options = Options { expose: Some(Expose::Resource), ..Options::default() };
    let generated = Builder::new(PETSTORE).options(options).generate().unwrap();
    let tools: Vec<_> = generated.surface().tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(tools, ["create_pet", "update_pet", "delete_pet"]);
    assert_eq!(generated.surface().resources.len() + generated.surface().templates.len(), 4);
}
