//! What the server says about itself: identity, capabilities, the results of `initialize` and `server/discover`.

use crate::def::ServerDef;
use crate::server::Server;

use super::Revision;
use super::error::push_string;
use super::notify::Notifications;
use super::result::{Cache, ResultWriter};

/// What the server has, as its capabilities say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Features {
    pub(super) tools: bool,
    pub(super) resources: bool,
    pub(super) prompts: bool,
    pub(super) completions: bool,
    /// Every handler can log through its context.
    pub(super) logging: bool,
    pub(super) notifications: Notifications,
    /// Calls can become tasks.
    pub(super) tasks: bool,
}

impl Features {
    pub(super) fn of(server: &Server) -> Self {
        Self {
            tools: server.tools().next().is_some(),
            resources: server.resources().next().is_some() || server.templates().next().is_some(),
            prompts: server.prompts().next().is_some(),
            completions: server.has_completions(),
            logging: true,
            notifications: server.announced(),
            tasks: server.tools().any(|tool| tool.task.is_some()),
        }
    }

    /// `ServerCapabilities`
    fn write(&self, out: &mut String, revision: Revision) {
        let flags = |flags: &[(&str, bool)]| {
            let set: Vec<_> =
                flags.iter().filter(|(_, set)| *set).map(|(name, _)| format!("\"{name}\":true")).collect();
            format!("{{{}}}", set.join(","))
        };
        let sends = self.notifications;
        let mut members = Vec::new();
        // Earlier revisions have no extensions; the experimental tasks of 2025-11-25 are another protocol.
        if self.tasks && revision.is_modern() {
            members.push(format!(r#""extensions":{{"{}":{{}}}}"#, crate::task::EXTENSION));
        }
        if self.logging {
            members.push(r#""logging":{}"#.to_owned());
        }
        // Revision 2024-11-05 has the method but no capability for it.
        if self.completions && revision.has_annotations() {
            members.push(r#""completions":{}"#.to_owned());
        }
        if self.prompts {
            members.push(format!(r#""prompts":{}"#, flags(&[("listChanged", sends.prompts_list_changed)])));
        }
        if self.resources {
            let set = [("subscribe", sends.resources_updated), ("listChanged", sends.resources_list_changed)];
            members.push(format!(r#""resources":{}"#, flags(&set)));
        }
        if self.tools {
            members.push(format!(r#""tools":{}"#, flags(&[("listChanged", sends.tools_list_changed)])));
        }
        out.push('{');
        out.push_str(&members.join(","));
        out.push('}');
    }
}

/// `{"name":…,"version":…}`, on every modern result.
pub(super) fn server_info(def: &ServerDef) -> String {
    let mut out = String::from(r#"{"name":"#);
    push_string(&mut out, def.name);
    out.push_str(r#","version":"#);
    push_string(&mut out, def.version);
    out.push('}');
    out
}

/// `Implementation` with all that the revision has.
pub(super) fn implementation(def: &ServerDef, revision: Revision) -> String {
    let mut out = String::from(r#"{"name":"#);
    push_string(&mut out, def.name);
    if let Some(title) = def.title.filter(|_| revision.has_titles()) {
        out.push_str(r#","title":"#);
        push_string(&mut out, title);
    }
    out.push_str(r#","version":"#);
    push_string(&mut out, def.version);
    if let Some(description) = def.description.filter(|_| revision.has_descriptions()) {
        out.push_str(r#","description":"#);
        push_string(&mut out, description);
    }
    out.push('}');
    out
}

/// The result of the legacy handshake.
pub(super) fn initialize(def: &ServerDef, features: &Features, revision: Revision) -> String {
    let mut out = String::new();
    let mut result = ResultWriter::begin(&mut out, revision, "");
    result.member("protocolVersion", |out| push_string(out, revision.as_str()));
    result.member("capabilities", |out| features.write(out, revision));
    result.member("serverInfo", |out| out.push_str(&implementation(def, revision)));
    if let Some(instructions) = def.instructions {
        result.member("instructions", |out| push_string(out, instructions));
    }
    result.end(&[]);
    out
}

/// The result of `server/discover`; its `serverInfo` holds title and description too.
pub(super) fn discover(def: &ServerDef, features: &Features, revision: Revision, cache: Cache) -> String {
    let info = implementation(def, revision);
    let mut out = String::new();
    let mut result = ResultWriter::begin(&mut out, revision, &info);
    result.member("supportedVersions", |out| {
        let versions: Vec<_> = Revision::MODERN.iter().map(|revision| revision.as_str()).collect();
        out.push_str(&format!("[\"{}\"]", versions.join("\",\"")));
    });
    result.member("capabilities", |out| features.write(out, revision));
    if let Some(instructions) = def.instructions {
        result.member("instructions", |out| push_string(out, instructions));
    }
    result.cache(cache).end(&[]);
    out
}
