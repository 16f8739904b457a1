//! Which tools take a JMESPath expression for their answer: the option of the tool, then the option for all of them.

use crate::diag::Report;
use crate::diag::codes::plan as codes;
use crate::model::{Output, Server, Tool};
use crate::options::Options;
use crate::plan::{misused, options_of};

/// The argument, unless the tool has one of this name.
const ARGUMENT: &str = "jmespath";

/// Gives tools the argument. A tool that promises a schema or whose answer is no JSON of an operation cannot have it: to ask
/// for that by its name is an error, among others it stays as it is.
pub(crate) fn settle(server: &mut Server, options: &Options, report: &mut Report) {
    let searched: Vec<String> = server.searched().map(|tool| tool.name.clone()).collect();
    for tool in server.everything() {
        let Some((key, true)) = options_of(tool, options).and_then(|(key, own)| Some((key, own.projection?))) else {
            continue;
        };
        let problem = match (obstacle(tool), searched.contains(&tool.name)) {
            (Some(problem), _) => problem,
            (None, true) => "is behind the search",
            (None, false) => continue,
        };
        let (key, name) = (key.escape_debug(), tool.name.escape_debug());
        let message = format!("the option `tools.{key}.projection` cannot be followed: `{name}` {problem}");
        report.push(misused(codes::BAD_OPTION, message).help("leave the option out there"));
    }
    for tool in &mut server.tools {
        let own = options_of(tool, options).and_then(|(_, own)| own.projection);
        let wanted = own.or(options.projection).unwrap_or(false);
        if wanted && tool.listed && obstacle(tool).is_none() {
            tool.projection = Some(free_name(tool));
        }
    }
}

fn obstacle(tool: &Tool) -> Option<&'static str> {
    match tool.output {
        Output::Strict { .. } => Some("is bound to an output schema, and a projected answer would not fit it"),
        Output::Empty => Some("answers nothing"),
        Output::Content => Some("answers content, not JSON"),
        Output::Lenient { .. } | Output::Off { .. } => None,
    }
}

fn free_name(tool: &Tool) -> String {
    let is_taken = |name: &str| tool.input.value.pointer("/properties").and_then(|of| of.get(name)).is_some();
    let numbered = (2..).map(|number| format!("{ARGUMENT}_{number}"));
    std::iter::once(ARGUMENT.to_owned()).chain(numbered).find(|name| !is_taken(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::options::ToolOptions;
    use crate::samples;

    fn projections(server: &mut Server, options: &Options) -> Result<Vec<Option<String>>, String> {
        let mut report = Report::default();
        settle(server, options, &mut report);
        report.check().map_err(|_| report.render(false))?;
        Ok(server.tools.iter().map(|tool| tool.projection.clone()).collect())
    }

    fn own(server: &Server, projection: bool) -> Options {
        let own = ToolOptions { projection: Some(projection), ..ToolOptions::default() };
        Options { tools: [(server.tools[0].name.clone(), own)].into(), ..Options::default() }
    }

    #[test]
    fn the_option_of_a_tool_goes_before_that_of_all() {
        let mut server = samples::petstore();
        server.tools[0].output = Output::Lenient { schema: None, text: None };
        assert!(projections(&mut server, &Options::default()).unwrap().iter().all(Option::is_none));
        let one = own(&server, true);
        let names = projections(&mut server.clone(), &one).unwrap();
        assert_eq!((names[0].as_deref(), names[1..].iter().all(Option::is_none)), (Some("jmespath"), true));
        let others = Options { projection: Some(true), ..own(&server, false) };
        let names = projections(&mut server, &others).unwrap();
        assert_eq!((names[0].as_deref(), names[1].as_deref()), (None, Some("jmespath")));
    }

    #[test]
    fn an_argument_of_the_document_keeps_its_name() {
        let mut server = samples::petstore();
        server.tools[0].output = Output::Lenient { schema: None, text: None };
        server.tools[0].input.value["properties"]["jmespath"] = json!({});
        server.tools[0].input.value["properties"]["jmespath_2"] = json!({});
        let one = own(&server, true);
        assert_eq!(projections(&mut server, &one).unwrap()[0].as_deref(), Some("jmespath_3"));
    }

    #[test]
    fn a_tool_that_promises_a_schema_has_none() {
        let mut server = samples::petstore();
        server.tools[0].output = Output::Empty;
        let problem = projections(&mut server.clone(), &own(&server, true)).unwrap_err();
        assert!(problem.contains("E0609") && problem.contains("answers nothing"), "{problem}");
        let all = Options { projection: Some(true), ..Options::default() };
        assert_eq!(projections(&mut server, &all).unwrap()[0], None);
    }
}
