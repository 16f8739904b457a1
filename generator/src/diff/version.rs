//! A version of a server: from a document, from a generated crate, from a lone lock.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use syn::{ImplItem, Item};

use super::api::Api;
use super::reader::{self, TYPE};
use crate::diag::codes::lock as codes;
use crate::diag::{Diagnostic, Report};
use crate::generate::{Builder, Failure, Generated};
use crate::lock::{self, Lock};
use crate::options::{Options, Selection};
use crate::source::Span;

/// What is compared of a server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Version {
    /// By name.
    pub(super) tools: BTreeMap<String, Tool>,
    /// Resources and templates by URI; `None`: not known.
    pub(super) resources: Option<BTreeMap<String, Entry>>,
    pub(super) prompts: Option<BTreeMap<String, Entry>>,
    /// Environment variables.
    pub(super) settings: Option<BTreeMap<String, Entry>>,
    pub(super) api: Option<Api>,
}

/// A tool that clients see.
#[derive(Clone, Debug, Default)]
pub(super) struct Tool {
    pub name: String,
    pub operation: Option<String>,
    pub route: Option<String>,
    pub sha256: Option<String>,
    /// `None`: only the fingerprint is known.
    pub shown: Option<Shown>,
}

/// What `tools/list` shows.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub title: Value,
    pub description: Value,
    pub annotations: Value,
    pub input: Value,
    /// Of the answer, where it is known.
    pub output: Option<Value>,
    /// Whether no output means that there is none. A crate says only what it promises.
    pub knows_output: bool,
}

/// A resource, a prompt, an environment variable.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub description: Value,
    /// The media type of a resource.
    pub kind: Value,
    /// The variables of a template that may be left out: those of `{?…}`.
    pub query: Vec<String>,
    pub required: bool,
    /// By name; whether each is required.
    pub arguments: BTreeMap<String, bool>,
}

impl Tool {
    /// Whether both are the same operation of the API.
    pub fn is_operation_of(&self, other: &Self) -> bool {
        let same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        same(&self.operation, &other.operation) || same(&self.route, &other.route)
    }
}

/// What a path leads to.
enum Form {
    Document,
    Crate(PathBuf),
    Lock,
}

/// Reads both versions.
pub(super) fn both(old: &Path, new: &Path, options: &Options) -> Result<(Version, Version), Failure> {
    let (old_form, new_form) = (form(old)?, form(new)?);
    if let (Form::Document, Form::Document) = (&old_form, &new_form) {
        // As a crate of the old one would become it: operations keep their names.
        let before = Builder::new(old).schemas(true).options(everything(options)).generate()?;
        let after = Builder::new(new).schemas(true).options(everything(options)).keeping(before.lock()).generate()?;
        return Ok((of_document(&before)?, of_document(&after)?));
    }
    let version = |path: &Path, form: &Form, other: &Form| match form {
        Form::Crate(dir) => of_crate(dir),
        Form::Lock => Ok(of_lock(&read_lock(path)?)),
        Form::Document => {
            let builder = Builder::new(path).schemas(true);
            // As what the crate would become.
            let builder = match other {
                Form::Crate(dir) => builder.options(options.clone()).dir(dir),
                _ => builder.options(everything(options)),
            };
            of_document(&builder.generate()?)
        }
    };
    Ok((version(old, &old_form, &new_form)?, version(new, &new_form, &old_form)?))
}

/// All operations, where nobody chose.
fn everything(options: &Options) -> Options {
    let none = Selection::default();
    let chosen =
        options.only.is_some() || options.include != none || options.exclude != none || options.max_tools.is_some();
    Options { all: options.all || !chosen, ..options.clone() }
}

fn form(path: &Path) -> Result<Form, Failure> {
    let is_lock = path.file_name().is_some_and(|name| name == lock::FILE);
    let dir = if path.is_dir() {
        Some(path.to_owned())
    } else if is_lock {
        // `mcpgen.lock` in the current folder has an empty parent.
        path.parent().map(|parent| if parent.as_os_str().is_empty() { PathBuf::from(".") } else { parent.to_owned() })
    } else {
        None
    };
    if let Some(dir) = dir {
        if dir.join(lock::FILE).is_file() && dir.join("src/lib.rs").is_file() {
            return Ok(Form::Crate(dir));
        }
        if !is_lock {
            return Err(Failure::new(vec![lock::missing(&dir)]));
        }
    }
    let begins_as_lock = || {
        fs::read_to_string(path).is_ok_and(|text| crate::files::is_generated(&text) && text.contains("\nversion = "))
    };
    Ok(if is_lock || begins_as_lock() { Form::Lock } else { Form::Document })
}

fn read_lock(path: &Path) -> Result<Lock, Failure> {
    let mut report = Report::default();
    match Lock::read_file(path, &mut report) {
        Ok(Some(lock)) => Ok(lock),
        Ok(None) => Err(Failure::new(vec![not_comparable(path, "there is no such file")])),
        Err(_) => Err(Failure::stopped(report)),
    }
}

fn not_comparable(path: &Path, why: &str) -> Diagnostic {
    let message = format!("`{}` cannot be compared: {why}", path.display());
    Diagnostic { span: None, ..Diagnostic::error(codes::UNUSABLE, Span::default(), message) }
}

fn of_lock(lock: &Lock) -> Version {
    let tool = |tool: &lock::Tool| Tool {
        name: tool.name.clone(),
        operation: tool.operation.clone(),
        route: tool.route.clone(),
        sha256: Some(tool.sha256().to_owned()),
        shown: None,
    };
    Version { tools: lock.tools().iter().map(|row| (row.name.clone(), tool(row))).collect(), ..Version::default() }
}

pub(super) fn of_crate(dir: &Path) -> Result<Version, Failure> {
    let lock = read_lock(&dir.join(lock::FILE))?;
    let mut version = of_lock(&lock);
    for name in MODULES {
        let path = dir.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => {
                let file = syn::parse_file(&text);
                let file = file.map_err(|error| Failure::new(vec![not_comparable(&path, &error.to_string())]))?;
                version.add(&file);
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Failure::new(vec![not_comparable(&path, &error.to_string())])),
        }
    }
    version.finish();
    Ok(version)
}

fn of_document(generated: &Generated) -> Result<Version, Failure> {
    let mut version = of_lock(generated.lock());
    for name in MODULES {
        if let Some(file) = generated.files().get(name) {
            let file = syn::parse_file(file.text());
            let unreadable =
                |error: syn::Error| Failure::new(vec![not_comparable(Path::new(name), &error.to_string())]);
            version.add(&file.map_err(unreadable)?);
        }
    }
    version.finish();
    // What an API answers is not promised to clients, but it is what models read.
    for tool in &generated.surface().tools {
        if let Some(shown) = version.tools.get_mut(&tool.name).and_then(|tool| tool.shown.as_mut()) {
            shown.knows_output = true;
            shown.output.clone_from(&tool.output_schema);
        }
    }
    Ok(version)
}

/// The modules with something that clients or callers see.
const MODULES: &[&str] = &[
    "src/lib.rs",
    "src/errors.rs",
    "src/prompts.rs",
    "src/resources.rs",
    "src/settings.rs",
    "src/tools.rs",
    "src/types.rs",
];

impl Version {
    /// Adds what a module says.
    fn add(&mut self, file: &syn::File) {
        self.api.get_or_insert_default().add(file);
        for item in &file.items {
            match item {
                Item::Impl(block) => {
                    for item in &block.items {
                        if let ImplItem::Const(constant) = item {
                            self.add_tool(&reader::value(&constant.expr));
                        }
                    }
                }
                Item::Static(item) => self.add_server(&reader::value(&item.expr)),
                _ => {}
            }
        }
        let mut rows = Vec::new();
        reader::rows(file, &["ResourceDef", "TemplateDef", "PromptDef"], &mut rows);
        for row in &rows {
            self.add_row(row);
        }
    }

    fn add_tool(&mut self, def: &Value) {
        if def.get(TYPE).and_then(Value::as_str) != Some("ToolDef") {
            return;
        }
        let text = |key: &str| def.get(key).cloned().unwrap_or_default();
        let schema = |key: &str| serde_json::from_str(text(key).as_str()?).ok();
        // Not in the lock: the reader of a resource, which no client sees as a tool.
        if let Some(tool) = text("name").as_str().and_then(|name| self.tools.get_mut(name)) {
            tool.shown = Some(Shown {
                title: text("title"),
                description: text("description"),
                annotations: text("annotations"),
                input: schema("input_schema").unwrap_or_else(|| serde_json::json!({"type": "object"})),
                output: schema("output_schema"),
                knows_output: false,
            });
        }
    }

    fn add_server(&mut self, def: &Value) {
        if def.get(TYPE).and_then(Value::as_str) != Some("ServerDef") {
            return;
        }
        let rows = def.get("settings").and_then(Value::as_array).into_iter().flatten();
        let settings = rows.filter_map(|row| {
            let entry = Entry {
                description: row.get("description").cloned().unwrap_or_default(),
                required: row.get("required") == Some(&Value::Bool(true)),
                ..Entry::default()
            };
            Some((row.get("env")?.as_str()?.to_owned(), entry))
        });
        self.settings = Some(settings.collect());
    }

    fn add_row(&mut self, row: &Value) {
        let get = |key: &str| row.get(key).cloned().unwrap_or_default();
        let arguments = row.get("arguments").and_then(Value::as_array).into_iter().flatten().filter_map(|argument| {
            Some((argument.get("name")?.as_str()?.to_owned(), argument.get("required") == Some(&Value::Bool(true))))
        });
        let entry = Entry {
            description: get("description"),
            kind: get("mime_type"),
            arguments: arguments.collect(),
            ..Entry::default()
        };
        let (entries, key) = match row.get(TYPE).and_then(Value::as_str) {
            Some("PromptDef") => (&mut self.prompts, "name"),
            Some("TemplateDef") => (&mut self.resources, "uri_template"),
            _ => (&mut self.resources, "uri"),
        };
        if let Value::String(name) = get(key) {
            let (name, query) = match name.split_once("{?") {
                Some((name, query)) => (name.to_owned(), query.trim_end_matches('}')),
                None => (name.clone(), ""),
            };
            let variables = query.split(',').map(|variable| variable.trim_end_matches('*').to_owned());
            let query = variables.filter(|variable| !variable.is_empty()).collect();
            entries.get_or_insert_default().insert(name, Entry { query, ..entry });
        }
    }

    /// Every module was read: what has no table has nothing.
    fn finish(&mut self) {
        self.resources.get_or_insert_default();
        self.prompts.get_or_insert_default();
        self.settings.get_or_insert_default();
    }
}
