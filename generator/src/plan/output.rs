//! How answers relate to their schemas: the option of the tool, then the option for all of them.

use crate::diag::Report;
use crate::diag::codes::plan as codes;
use crate::model::{Output, Server, Tool};
use crate::options::{Options, OutputSchema};
use crate::plan::{misused, options_of};

/// Sets the mode of each tool. A tool whose answers have no schema cannot be strict: to ask for that by its name is an
/// error, among others it stays as it is.
pub(crate) fn settle(server: &mut Server, options: &Options, report: &mut Report) {
    for tool in &mut server.tools {
        let own = options_of(tool, options).and_then(|(key, own)| Some((key, own.output_schema?)));
        let Some(mode) = own.map(|(_, mode)| mode).or(options.output_schema) else { continue };
        if let Some((key, OutputSchema::Strict)) = own
            && !has_schema(tool)
        {
            let (key, name) = (key.escape_debug(), tool.name.escape_debug());
            let message = format!(
                "the option `tools.{key}.output_schema` asks for a schema, and the answers of `{name}` have none"
            );
            let help = "declare the response in the document, or leave the option out";
            report.push(misused(codes::BAD_OPTION, message).help(help));
        }
        set(tool, mode);
    }
}

fn has_schema(tool: &Tool) -> bool {
    match &tool.output {
        Output::Strict { .. } => true,
        Output::Lenient { schema, .. } | Output::Off { schema, .. } => schema.is_some(),
        Output::Empty | Output::Content => false,
    }
}

fn set(tool: &mut Tool, mode: OutputSchema) {
    let (schema, text) = match std::mem::replace(&mut tool.output, Output::Empty) {
        Output::Strict { schema, text } => (Some(schema), text),
        Output::Lenient { schema, text } | Output::Off { schema, text } => (schema, text),
        // Nothing, or what a handler makes itself.
        other @ (Output::Empty | Output::Content) => {
            tool.output = other;
            return;
        }
    };
    tool.output = match (mode, schema) {
        (OutputSchema::Strict, Some(schema)) => Output::Strict { schema, text },
        (OutputSchema::Off, schema) => Output::Off { schema, text },
        (OutputSchema::Strict | OutputSchema::Lenient, schema) => {
            // A server spec has one answer for each tool, an API more than the one that has a type.
            if tool.binding.is_none() {
                tool.answers.clone_from(&schema);
            }
            Output::Lenient { schema, text }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::ToolOptions;
    use crate::samples;

    fn modes(options: &Options) -> Result<Vec<&'static str>, String> {
        let mut server = samples::petstore();
        let mut report = Report::default();
        settle(&mut server, options, &mut report);
        report.check().map_err(|_| report.render(false))?;
        let word = |tool: &Tool| match tool.output {
            Output::Strict { .. } => "strict",
            Output::Lenient { .. } => "lenient",
            Output::Off { .. } => "off",
            Output::Empty => "empty",
            Output::Content => "content",
        };
        Ok(server.tools.iter().map(word).collect())
    }

    #[test]
    fn the_option_of_a_tool_goes_before_that_of_all() {
        let before = modes(&Options::default()).unwrap();
        assert!(before.contains(&"lenient"), "{before:?}");
        let all = |mode| Options { output_schema: Some(mode), ..Options::default() };
        let off = modes(&all(OutputSchema::Off)).unwrap();
        assert_eq!(off.iter().filter(|mode| **mode == "off").count(), off.len());
        let name = samples::petstore().tools[0].name.clone();
        let own = ToolOptions { output_schema: Some(OutputSchema::Strict), ..ToolOptions::default() };
        let options = Options { tools: [(name, own)].into(), ..all(OutputSchema::Off) };
        let both = modes(&options).unwrap();
        assert!(both[0] == "strict" && both[1] == "off", "{both:?}");
    }

    #[test]
    fn a_tool_without_a_schema_cannot_be_strict() {
        let mut server = samples::petstore();
        server.tools[0].output = Output::Lenient { schema: None, text: None };
        let own = ToolOptions { output_schema: Some(OutputSchema::Strict), ..ToolOptions::default() };
        let options = Options { tools: [(server.tools[0].name.clone(), own)].into(), ..Options::default() };
        let mut report = Report::default();
        settle(&mut server, &options, &mut report);
        assert!(report.render(false).contains("E0609"), "{}", report.render(false));
    }
}
