//! Single tools as a person wants them: other names and words, hidden arguments.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::diag::Report;
use crate::diag::codes::plan as codes;
use crate::model::{BodyLayout, Fixed, FixedValue, Read, Server, Setting, Tool};
use crate::options::{Options, ParameterOptions, ToolOptions};
use crate::plan::{misused, options_of};
use crate::schema_view::SchemaView;
use crate::suggest;

mod template;

/// Applies [`Options::tools`] and [`Options::deadline_ms`]. Runs before names are settled: two tools that are given one
/// name are told apart like any others.
pub(crate) fn apply(server: &mut Server, options: &Options, report: &mut Report) {
    report_strangers(server, options, report);
    let mut settings: Vec<Setting> = Vec::new();
    for number in 0..server.tools.len() {
        let Some(tool) = server.tools.get(number) else { continue };
        let Some((key, own)) = options_of(tool, options) else { continue };
        let (key, own) = (key.to_owned(), own.clone());
        if let Some(name) = &own.name {
            rename(server, number, name);
        }
        describe(server, number, &own);
        for (argument, changes) in &own.parameters {
            let at = format!("tools.{key}.parameters.{argument}");
            settings.extend(parameter(server, number, argument, changes, &at, report));
        }
    }
    for setting in settings {
        if !server.settings.iter().any(|known| known.env == setting.env) {
            server.settings.push(setting);
        }
    }
    for tool in &mut server.tools {
        tool.deadline_ms = tool.deadline_ms.or(options.deadline_ms);
    }
}

fn report_strangers(server: &Server, options: &Options, report: &mut Report) {
    for key in options.tools.keys() {
        if !server.tools.iter().any(|tool| options_of(tool, options).is_some_and(|(own, _)| own == key)) {
            let names = server.tools.iter().map(|tool| tool.name.as_str());
            let operation_ids = server.tools.iter().filter_map(|tool| tool.operation_id.as_deref());
            let help = match (suggest::closest(key, names.clone()), suggest::closest(key, operation_ids)) {
                (None, Some(near)) => format!("did you mean `{}`?", near.escape_debug()),
                _ => suggest::help(key, "tools", names),
            };
            let message = format!("the option `tools.{}` names no tool, operationId or route", key.escape_debug());
            report.push(misused(codes::UNKNOWN_CHOICE, message).help(help));
        }
    }
}

/// The resources that the tool reads follow its name.
pub(super) fn rename(server: &mut Server, number: usize, name: &str) {
    let Some(tool) = server.tools.get_mut(number) else { return };
    let old = std::mem::replace(&mut tool.name, name.to_owned());
    for (title, read) in reads(server) {
        if matches!(read, Read::Tool(target) if *target == old) {
            *read = Read::Tool(name.to_owned());
            name.clone_into(title);
        }
    }
}

/// The name of each resource and how it is read.
fn reads(server: &mut Server) -> impl Iterator<Item = (&mut String, &mut Read)> {
    let resources = server.resources.iter_mut().map(|resource| (&mut resource.name, &mut resource.read));
    resources.chain(server.templates.iter_mut().map(|template| (&mut template.name, &mut template.read)))
}

fn describe(server: &mut Server, number: usize, own: &ToolOptions) {
    let Some(tool) = server.tools.get_mut(number) else { return };
    if let Some(title) = &own.title {
        tool.title = Some(title.clone());
    }
    if let Some(description) = &own.description {
        tool.description.clone_from(description);
    }
    if let Some(more) = &own.append {
        tool.description = format!("{}\n\n{more}", tool.description.trim_end()).trim().to_owned();
    }
    if own.deadline_ms.is_some() {
        tool.deadline_ms = own.deadline_ms;
    }
    let (name, title, description) = (tool.name.clone(), tool.title.clone(), tool.description.clone());
    if own.title.is_none() && own.description.is_none() && own.append.is_none() {
        return;
    }
    for resource in server.resources.iter_mut().filter(|resource| is_read_by(&resource.read, &name)) {
        (resource.title, resource.description) = (title.clone(), Some(description.clone()));
    }
    for template in server.templates.iter_mut().filter(|template| is_read_by(&template.read, &name)) {
        (template.title, template.description) = (title.clone(), Some(description.clone()));
    }
}

fn is_read_by(read: &Read, tool: &str) -> bool {
    matches!(read, Read::Tool(name) if name == tool)
}

/// Changes one argument. The setting is the environment variable that it asks for.
fn parameter(
    server: &mut Server,
    number: usize,
    argument: &str,
    changes: &ParameterOptions,
    at: &str,
    report: &mut Report,
) -> Option<Setting> {
    let tool = server.tools.get(number)?;
    let known: Vec<&str> = properties(tool).collect();
    if !known.contains(&argument) {
        let message = format!("the option `{at}` names no argument of the tool `{}`", tool.name.escape_debug());
        report.push(misused(codes::UNKNOWN_CHOICE, message).help(suggest::help(argument, "arguments", known)));
        return None;
    }
    let ParameterOptions { name, description, value, env, secret } = changes;
    let is_hidden = value.is_some() || env.is_some();
    let problem = match (value, env) {
        _ if is_hidden && (name.is_some() || description.is_some()) => {
            Some("hides the argument, so it has no other name and no description")
        }
        (Some(_), Some(_)) => Some("has `value` and `env`; an argument has one value"),
        (_, None) if *secret => Some("has `secret` without `env`"),
        (_, Some(env)) if !is_variable(env) => Some("names no environment variable: use A-Z, 0-9 and _"),
        _ if tool.binding.is_none() && is_hidden => Some("hides an argument of a handler, which reads it"),
        _ => match name {
            Some(name) if *name != argument && known.contains(&name.as_str()) => Some("gives two arguments one name"),
            Some(name) if !is_argument(name) => {
                Some("gives a name that clients refuse: use up to 64 of A-Z a-z 0-9 _ - .")
            }
            _ => None,
        },
    };
    if let Some(problem) = problem {
        report.push(misused(codes::BAD_OPTION, format!("the option `{at}` {problem}")));
        return None;
    }
    if let Some(value) = value {
        return hide(server, number, argument, FixedValue::Constant(value.clone()), at, report).and(None);
    }
    if let Some(env) = env {
        let schema = tool.input.value.pointer("/properties").and_then(|of| of.get(argument)).unwrap_or(&Value::Null);
        let json = !SchemaView::new(&server.schemas).parts(schema).iter().any(|part| {
            part.get("type")
                .is_some_and(|of| *of == "string" || of.as_array().is_some_and(|all| all.contains(&"string".into())))
        });
        let fixed = FixedValue::Env { env: env.clone(), json };
        let is_required = required(tool, argument);
        let (tool_name, span) = (tool.name.clone(), tool.span);
        hide(server, number, argument, fixed, at, report)?;
        return Some(Setting {
            env: env.clone(),
            description: format!("The argument {argument} of every call of {tool_name}"),
            secret: *secret,
            required: is_required,
            default: None,
            span,
        });
    }
    if let Some(description) = description {
        let property = server.tools.get_mut(number)?.input.value.pointer_mut("/properties")?.get_mut(argument)?;
        if let Value::Bool(_) = property {
            *property = serde_json::json!({});
        }
        property.as_object_mut()?.insert("description".to_owned(), Value::String(description.clone()));
    }
    if let Some(name) = name.as_deref().filter(|name| *name != argument) {
        rename_argument(server, number, argument, name);
    }
    None
}

fn properties(tool: &Tool) -> impl Iterator<Item = &str> {
    tool.input.value.get("properties").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.as_str())
}

fn required(tool: &Tool, argument: &str) -> bool {
    let list = tool.input.value.get("required").and_then(Value::as_array);
    list.into_iter().flatten().any(|name| name == argument)
}

/// Names of arguments as providers accept them.
fn is_argument(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Takes the argument out of the input and gives it a value. The resources that the tool reads lose the variable; one
/// that cannot do without is left out.
fn hide(
    server: &mut Server,
    number: usize,
    argument: &str,
    value: FixedValue,
    at: &str,
    report: &mut Report,
) -> Option<()> {
    let tool = server.tools.get_mut(number)?;
    let schema = tool.input.value.pointer_mut("/properties")?.as_object_mut()?.shift_remove(argument)?;
    if let FixedValue::Constant(constant) = &value
        && let Some(problem) = mismatch(constant, &schema, &SchemaView::new(&server.schemas))
    {
        report.push(misused(codes::BAD_OPTION, format!("the option `{at}.value` is {problem}")));
        return None;
    }
    remove_required(&mut tool.input.value, argument);
    tool.fixed.push(Fixed { argument: argument.to_owned(), value });
    let (name, input) = (tool.name.clone(), tool.input.clone());
    server.templates.retain_mut(|template| {
        if !is_read_by(&template.read, &name) {
            return true;
        }
        template.variables = input.clone();
        template.completions.retain(|(variable, _)| variable != argument);
        match template::without(&template.uri_template, argument) {
            Some(text) => {
                template.uri_template = text;
                true
            }
            None => {
                let message = format!(
                    "the resource `{}` is left out: the option `{at}` hides its variable `{argument}`",
                    template.uri_template
                );
                report.push(crate::diag::Diagnostic::warning(codes::HIDDEN_IN_URI, template.span, message));
                false
            }
        }
    });
    Some(())
}

fn remove_required(schema: &mut Value, argument: &str) {
    let Some(object) = schema.as_object_mut() else { return };
    let is_empty = object.get_mut("required").and_then(Value::as_array_mut).is_some_and(|required| {
        required.retain(|name| name != argument);
        required.is_empty()
    });
    if is_empty {
        object.shift_remove("required");
    }
}

/// What is wrong with a constant, as far as `type`, `enum` and `const` show.
fn mismatch(constant: &Value, schema: &Value, view: &SchemaView<'_>) -> Option<String> {
    let is = |kind: &str| match kind {
        "null" => constant.is_null(),
        "boolean" => constant.is_boolean(),
        "integer" => constant.is_i64() || constant.is_u64() || constant.as_f64().is_some_and(|n| n.fract() == 0.0),
        "number" => constant.is_number(),
        "string" => constant.is_string(),
        "array" => constant.is_array(),
        "object" => constant.is_object(),
        _ => true,
    };
    for part in view.parts(schema) {
        let kinds: Vec<&str> = match part.get("type") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if !kinds.is_empty() && !kinds.iter().any(|kind| is(kind)) {
            return Some(format!("`{constant}`, and the argument is {}", kinds.join(" or ")));
        }
        let allowed = part.get("enum").and_then(Value::as_array);
        if let Some(allowed) = allowed.filter(|allowed| !allowed.contains(constant)) {
            let allowed: Vec<String> = allowed.iter().map(Value::to_string).collect();
            return Some(format!("`{constant}`, and the argument is one of {}", allowed.join(", ")));
        }
    }
    None
}

pub(super) fn rename_argument(server: &mut Server, number: usize, old: &str, new: &str) {
    let Some(tool) = server.tools.get_mut(number) else { return };
    let swap = |name: &mut String| {
        if name == old {
            new.clone_into(name);
        }
    };
    if let Some(properties) = tool.input.value.get_mut("properties").and_then(Value::as_object_mut) {
        let renamed = std::mem::take(properties).into_iter().map(|(mut name, schema)| {
            swap(&mut name);
            (name, schema)
        });
        *properties = renamed.collect();
    }
    for name in tool.input.value.get_mut("required").and_then(Value::as_array_mut).into_iter().flatten() {
        if name == old {
            *name = Value::String(new.to_owned());
        }
    }
    if let Some(binding) = &mut tool.binding {
        binding.parameters.iter_mut().for_each(|parameter| swap(&mut parameter.argument));
        match binding.body.as_mut().map(|body| &mut body.layout) {
            Some(BodyLayout::Whole { argument }) => swap(argument),
            Some(BodyLayout::Flattened(pairs)) => pairs.iter_mut().for_each(|(argument, _)| swap(argument)),
            None => {}
        }
    }
    let (name, input) = (tool.name.clone(), tool.input.clone());
    for template in server.templates.iter_mut().filter(|template| is_read_by(&template.read, &name)) {
        template.uri_template = template::renamed(&template.uri_template, old, new);
        template.variables = input.clone();
        template.completions.iter_mut().for_each(|(variable, _)| swap(variable));
    }
}

/// The keys below `[tools]` that mean a tool: its name, its operationId, its route, or the name that they give it.
pub(super) fn means(key: &str, own: &ToolOptions, tool: &Tool) -> bool {
    let route = tool.binding.as_ref().map(|binding| format!("{} {}", binding.method, binding.path));
    tool.name == key
        || tool.operation_id.as_deref() == Some(key)
        || route.as_deref() == Some(key)
        // `mcpgen.lock` kept it from the generation before.
        || own.name.as_ref() == Some(&tool.name)
}

/// Names that several keys mean, for the report.
pub(super) fn report_doubles(server: &Server, options: &Options, report: &mut Report) {
    for tool in &server.tools {
        let keys: BTreeSet<&str> =
            options.tools.iter().filter(|(key, own)| means(key, own, tool)).map(|(key, _)| key.as_str()).collect();
        if keys.len() > 1 {
            let keys: Vec<String> = keys.into_iter().map(|key| format!("`tools.{}`", key.escape_debug())).collect();
            let message = format!("the options {} mean one tool, `{}`", keys.join(" and "), tool.name);
            report.push(misused(codes::BAD_OPTION, message).help("put them into one table"));
        }
    }
}

#[cfg(test)]
mod tests;
