//! What an agent is told beside the schema: conditions of a call, candidates for a variable.

use super::*;

#[test]
fn an_operation_without_texts_tells_its_conditions() {
    let (server, _) = lower_ok(
        "paths:\n  /locks:\n    post:\n      responses: {'204': {description: ''}, '409': {description: Somebody else holds the lock.}}\n",
    );
    assert_eq!(server.tools[0].description, "POST /locks.\nErrors: Conflict: Somebody else holds the lock.");
}

/// The candidates for the variables of the resource template of `GET /a` with these parameters.
fn completions(parameters: &str) -> Vec<(String, Completion)> {
    let paths = format!(
        "paths:\n  /a:\n    get:\n      responses: {{'200': {{description: ok, content: {{application/json: {{}}}}}}}}\n      parameters:\n{parameters}\n"
    );
    let (server, problems) = lower_ok(&format!(
        "{paths}components:\n  examples:\n    Far: {{value: far}}\n  schemas:\n    Kind: {{type: string, example: round}}\n"
    ));
    assert_eq!(server.templates.len(), 1, "{problems}");
    server.templates[0].completions.clone()
}

#[test]
fn examples_complete_variables_where_no_values_are_listed() {
    let of = |parameter: &str| match completions(&format!("      - {{name: v, in: query, {parameter}}}")).as_slice() {
        [] => Vec::new(),
        [(name, Completion::Values(values))] if name == "v" => values.clone(),
        other => panic!("{other:?}"),
    };
    // A list of values is complete; what is shown beside it adds nothing.
    assert_eq!(of("example: c, schema: {type: string, enum: [a, b]}"), ["a", "b"]);
    assert_eq!(of("example: c, schema: {type: string}"), ["c"]);
    assert_eq!(
        of("examples: {near: {value: near}, far: {$ref: '#/components/examples/Far'}}, schema: {type: string}"),
        ["near", "far"]
    );
    assert_eq!(of("schema: {$ref: '#/components/schemas/Kind'}"), ["round"]);
    assert_eq!(of("example: [x, y], schema: {type: array, items: {type: string, example: z}}"), ["x", "y", "z"]);
    assert_eq!(of("example: 7, schema: {type: integer, example: 8}"), ["7", "8"]);
    assert_eq!(of("schema: {type: boolean, example: true}"), ["true"]);
    // Examples of another type, and those that nobody would type.
    assert_eq!(of("example: seven, schema: {type: integer}"), [""; 0]);
    assert_eq!(of(&format!("example: {}, schema: {{type: string}}", "x".repeat(300))), [""; 0]);
}
